"""What whoever serves should know: taboos first (R9.4), and observations added in seconds (R9.5)."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from customers.history import tell
from customers.models import Customer, Observation, Taboo
from customers.names import clean
from studio.foundation.audit import acting
from studio.staff.models import User


def observe(customer: Customer, text: str, *, by: User | None, now: datetime) -> Observation:
    """A small thing that somebody noticed (R9.5)."""
    text = clean(text)
    if not text:
        raise ValidationError(_("Write down what you noticed."), code="empty")
    return Observation.objects.create(customer=customer, text=text[:300], by=by, at=now)


def add_taboo(customer: Customer, text: str, *, by: User | None, now: datetime) -> Taboo:
    """A thing never to do or say (R9.4)."""
    text = clean(text)
    if not text:
        raise ValidationError(_("Write down what to keep in mind."), code="empty")
    with transaction.atomic(), acting(by):
        taboo = Taboo.objects.create(customer=customer, text=text[:200], by=by, at=now)
        tell(customer, "taboo_added", by=by, now=now, taboo=taboo.pk)
    return taboo


def lift_taboo(taboo: Taboo, *, by: User | None, now: datetime) -> None:
    """It holds no longer; it stays on record. A repeat does nothing."""
    with transaction.atomic(), acting(by):
        if Taboo.objects.filter(pk=taboo.pk, is_active=True).update(is_active=False):
            tell(taboo.customer, "taboo_lifted", by=by, now=now, taboo=taboo.pk)
