"""How a customer may be reached, about what, and when it suits them."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models.contact import ContactPoint
from customers.models.customer import Customer
from studio.foundation.audit import audited
from studio.foundation.models import Versioned, append_only
from studio.staff.models import User


class Way(models.TextChoices):
    """How somebody is reached."""

    PHONE = "phone", _("call")
    SMS = "sms", _("text message")
    EMAIL = "email", _("e-mail")


class ConsentScope(models.TextChoices):
    ORDER = "order", _("what they ordered")
    NEWS = "news", _("everything else")


class ConsentSource(models.TextChoices):
    DESK = "desk", _("said at the desk")
    CALL = "call", _("said on the telephone")
    LINK = "link", _("by their link")
    REPLY = "reply", _("by their answer to a message")


class Consent(models.Model):
    """One word of a customer: yes or no to one way of being reached, for one scope. The last one counts.

    Without a word: what they ordered may be told by every way that they gave us; of everything else, only
    the telephone, on the number that they left at their visit (R2.1). “Stop” is a no for every way to
    everything but what they ordered.
    """

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="consents")
    way = models.CharField(max_length=6, choices=Way.choices)
    scope = models.CharField(max_length=6, choices=ConsentScope.choices)
    allowed = models.BooleanField()
    source = models.CharField(max_length=6, choices=ConsentSource.choices)
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["customer", "way", "scope", "-id"], name="consent_last")]
        triggers = [append_only]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.way}/{self.scope} {self.allowed}"


@audited()
class ContactWish(Versioned):
    """Whom of the party to ring, when, and how they like to be written to; kept once it was said."""

    customer = models.OneToOneField(Customer, models.CASCADE, related_name="contact_wish")
    contact = models.ForeignKey(
        ContactPoint, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("ring first")
    )
    from_time = models.TimeField(_("from"), null=True, blank=True)
    until_time = models.TimeField(_("until"), null=True, blank=True)
    written_way = models.CharField(
        _("written messages by"),
        max_length=6,
        blank=True,
        choices=[("sms", Way.SMS.label), ("email", Way.EMAIL.label)],
    )
    note = models.CharField(_("what to mind"), max_length=120, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(from_time=None, until_time=None) | Q(until_time__gt=models.F("from_time")),
                name="contact_wish_hours_both_in_order",
                violation_error_message=_("Give both times, the earlier one first, or neither."),
            )
        ]

    def __str__(self) -> str:
        return f"contact wish of {self.customer_id}"
