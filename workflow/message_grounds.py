"""On what ground a customer was written to, in words."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from customers.models import Consent
from studio.foundation.templatetags.studio import local_date
from studio.outbox.models import Message

CONSENT = "consent:"


def grounds_of(messages: Iterable[Message]) -> dict[int, str]:
    """The words by the message's id; one query for all consents together."""
    rows = list(messages)
    ids = {number for row in rows if (number := consent_of(row)) is not None}
    said = Consent.objects.in_bulk(ids) if ids else {}
    return {row.pk: words(row, said) for row in rows}


def consent_of(message: Message) -> int | None:
    number = message.basis.removeprefix(CONSENT)
    return int(number) if message.basis.startswith(CONSENT) and number.isdigit() else None


def words(message: Message, said: dict[int, Consent]) -> str:
    if message.basis == "order":
        return _("It belongs to what they ordered.")
    if message.basis == "visit":
        return _("They left this number at their visit.")
    if message.basis == "asked":
        return _("They asked for it.")
    if message.basis == "staff":
        return _("It is for colleagues.")
    consent = said.get(consent_of(message) or 0)
    if consent is not None:
        return _("They agreed to it on %(day)s.") % {"day": local_date(consent.at)}
    return _("Nothing was noted.")
