"""What a shared screen asks: which department it stands in, who signs, and whose screen it is again."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from studio.staff import badges, pins, screens
from studio.staff.forms import digits
from studio.staff.models import Branch, Department, Membership, User
from studio.staff.models.branch import DepartmentKind


class ScreenForm(forms.Form):
    """This screen stands in a department: from now on each press says who."""

    department = forms.ModelChoiceField(
        Department.objects.none(),
        label=_("This screen stands in"),
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={"required": _("Choose a department.")},
    )

    def __init__(self, *args: Any, branch: Branch, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = branch.departments.exclude(kind__in=[DepartmentKind.PRODUCTION, DepartmentKind.CASHIER])
        self.fields["department"].queryset = rows  # type: ignore[attr-defined]


class OwnScreenForm(forms.Form):
    """Only who is signed in takes a shared screen back."""

    secret = forms.CharField(
        label=_("Your PIN or password"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, user: User, session: str | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.session = user, session

    def clean_secret(self) -> str:
        secret: str = self.cleaned_data["secret"]
        try:
            pins.check_own(self.user, secret, session=self.session)
        except pins.WrongPin as wrong:
            raise forms.ValidationError(str(wrong)) from wrong
        return secret


class WhoForm(forms.Form):
    """Who signs a press at a shared screen: a face with its PIN, a badge, or a signature made here just now.

    `place` is the signer's membership once the form is valid.
    """

    place: Membership | None = None
    signer = forms.TypedChoiceField(
        coerce=int,
        required=False,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": _("This colleague is not here today. Choose somebody else.")},
    )
    pin = forms.CharField(
        label=_("PIN"),
        required=False,
        validators=[digits],
        widget=forms.PasswordInput(attrs={"inputmode": "numeric", "autocomplete": "off", "maxlength": 8}),
    )
    badge = forms.CharField(
        label=_("or scan your badge"),
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}),
    )
    signature = forms.CharField(required=False, widget=forms.HiddenInput)

    FIELDS = ("signer", "pin", "badge", "signature")

    def __init__(
        self,
        *args: Any,
        branch: Branch,
        faces: list[screens.Face],
        session: str | None,
        now: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.branch, self.faces, self.session, self.now = branch, faces, session, now
        self.fields["signer"].choices = [  # type: ignore[attr-defined]
            (face.user.pk, face.user.spoken_name) for face in faces if face.has_pin
        ]

    @property
    def is_asked(self) -> bool:
        """Whether anything was said about who it is."""
        return any(str(self.data.get(self.add_prefix(name), "")).strip() for name in self.FIELDS)

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if self.errors:
            return said
        if said["badge"]:
            self.place = badges.bearer(said["badge"], branch=self.branch, now=self.now)
            if self.place is None:
                self.add_error(
                    "badge", _("This is no badge of ours that is still good. Choose yourself instead.")
                )
        elif said["signature"]:
            self.place = self.place_of(screens.signed_by(said["signature"], self.session))
            if self.place is None:
                self.add_error(None, _("That was too long ago. Say again who you are."))
        elif not said["signer"]:
            self.add_error("signer", _("Choose yourself."))
        else:
            self.by_pin(said["signer"], said["pin"])
        return said

    def by_pin(self, signer: int, pin: str) -> None:
        place = self.place_of(signer)
        if not pin or place is None:
            self.add_error("pin", _("Type your PIN."))
            return
        try:
            pins.check(place.user, pin, session=self.session)
        except pins.WrongPin as wrong:
            self.add_error("pin", str(wrong))
        else:
            self.place = place

    def place_of(self, pk: int | None) -> Membership | None:
        return next((face.place for face in self.faces if face.user.pk == pk), None)
