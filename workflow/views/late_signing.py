"""Whose press it was. A PIN is never kept on a page: at a screen that several share it is asked for when the
network is back (F9)."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from studio.foundation.request import StudioRequest
from studio.staff import screens
from studio.staff.models import User
from studio.staff.screen_forms import WhoForm


class NotSigned(Exception):
    """`asks` is what the page shows: whose PIN, or whose face first."""

    def __init__(self, asks: dict[str, Any]) -> None:
        super().__init__()
        self.asks = asks


class Signing:
    """The people of one delivery of kept records; each signature is looked at once."""

    def __init__(self, request: StudioRequest, now: datetime) -> None:
        self.request, self.now = request, now
        self.signed: dict[tuple[str, str, str], WhoForm] = {}

    def actor_of(self, raw: dict[str, Any]) -> User:
        """`NotSigned` where it was somebody else than who sends it, or nobody in particular."""
        who = str(raw.get("who") or "")[:15]
        if self.request.screen is None and who in {"", str(self.request.actor.pk)}:
            return self.request.actor
        form = self.form_of(who, str(raw.get("pin") or "")[:300])
        if form.is_asked and form.is_valid():
            assert form.place is not None
            return form.place.user
        raise NotSigned(self.asks(form, who))

    def form_of(self, who: str, proof: str) -> WhoForm:
        """What was typed is a PIN, or what a scanner types from a badge."""
        is_pin = proof.isascii() and proof.isdigit() and len(proof) <= 8
        key = (who, proof, "pin" if is_pin else "badge")
        if key not in self.signed:
            data = {"signer": who, "pin": proof} if is_pin else {"badge": proof}
            branch = self.request.branch
            faces = screens.in_today(branch, day=branch.today(self.now))
            session = self.request.session.session_key
            self.signed[key] = WhoForm(data, branch=branch, faces=faces, session=session, now=self.now)
        return self.signed[key]

    def asks(self, form: WhoForm, who: str) -> dict[str, Any]:
        wrong = [str(error) for errors in form.errors.values() for error in errors] if form.is_asked else []
        faces = [[str(face.user.pk), face.user.spoken_name] for face in form.faces if face.has_pin]
        known = next((name for pk, name in faces if pk == who), "")
        return {
            "says": wrong[0] if wrong else _("Say by PIN or badge that it was you."),
            "name": known,
            "faces": [] if known else faces,
        }
