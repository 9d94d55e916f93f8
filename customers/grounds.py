"""Why a customer was written to, in words: on what ground a message went out."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from customers.models import Consent
from studio.foundation.templatetags.studio import local_date

CONSENT = "consent:"
PLAIN = {
    "order": lambda: _("It belongs to what they ordered."),
    "visit": lambda: _("They left this number at their visit."),
    "asked": lambda: _("They asked for it."),
    "staff": lambda: _("It is for colleagues."),
}


def in_words(bases: Iterable[str]) -> dict[str, str]:
    """The sentence for each ground; one question for all consents together."""
    asked = set(bases)
    ids = {basis: int(number) for basis in asked if (number := number_of(basis)).isdigit()}
    said = Consent.objects.in_bulk(ids.values()) if ids else {}
    return {basis: sentence(basis, said.get(ids.get(basis, 0))) for basis in asked}


def number_of(basis: str) -> str:
    return basis.removeprefix(CONSENT) if basis.startswith(CONSENT) else ""


def sentence(basis: str, consent: Consent | None) -> str:
    if basis in PLAIN:
        return PLAIN[basis]()
    if consent is not None:
        how = consent.get_source_display()
        return _("They agreed to it on %(day)s, %(how)s.") % {"day": local_date(consent.at), "how": how}
    return _("Nothing was noted.")
