"""The customer file and who answers for it (R1)."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.registries import timeline_sources
from studio.foundation.audit import audited
from studio.foundation.models import Event, Versioned, append_only
from studio.staff.models import Branch, User


class CustomerKind(models.TextChoices):
    COUPLE = "couple", _("couple")
    FAMILY = "family", _("family")
    PERSON = "person", _("one person")
    COMPANY = "company", _("company")


class HeardFrom(models.TextChoices):
    WALKED_IN = "walked_in", _("walked in")
    FRIEND = "friend", _("a friend")
    INTERNET = "internet", _("the internet")
    FAIR = "fair", _("a wedding fair")
    HOTEL = "hotel", _("a hotel or restaurant")
    AGAIN = "again", _("was here before")
    OTHER = "other", _("elsewhere")


class CustomerQuerySet(models.QuerySet["Customer"]):
    def in_branch(self, branch: Branch) -> "CustomerQuerySet":
        return self.filter(branch=branch)

    def active(self) -> "CustomerQuerySet":
        return self.filter(is_active=True)

    def owned_by(self, users: Any) -> "CustomerQuerySet":
        return self.filter(owner__in=users)

    def for_list(self) -> "CustomerQuerySet":
        return self.select_related("owner").prefetch_related("members")


@audited()
class Customer(Versioned):
    """A file: a couple, a family, a person, a company. `name` is how the house calls it (张伟 & 李娜).

    At every moment an active customer has exactly one owner (R1.1): the database refuses anything else.
    Ownership moves only by `transfer` (R1.4).
    """

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="customers")
    kind = models.CharField(
        _("kind"), max_length=10, choices=CustomerKind.choices, default=CustomerKind.COUPLE
    )
    name = models.CharField(_("name"), max_length=80)
    name_key = models.CharField(max_length=160, editable=False, db_index=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="customers",
        verbose_name=_("owner"),
    )
    language = models.CharField(
        _("language"),
        max_length=8,
        default="zh-hans",
        choices=[("zh-hans", "简体中文"), ("zh-hant", "繁體中文"), ("en", "English")],
    )
    heard_from = models.CharField(_("heard of us from"), max_length=12, choices=HeardFrom.choices, blank=True)
    wedding_day = models.DateField(_("wedding day"), null=True, blank=True)
    special_care = models.CharField(
        _("special care"),
        max_length=200,
        blank=True,
        help_text=_("Pregnant (which week), elderly, small children, allergies, injuries."),
    )
    is_active = models.BooleanField(default=True)
    do_not_contact = models.BooleanField(_("don't contact"), default=False)
    created_at = models.DateTimeField(default=timezone.now)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ["name_key", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_active=False) | Q(owner__isnull=False), name="active_customer_has_owner"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="customer_has_name"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("customers:file", args=[self.pk])

    def recent_changes(self) -> list[dict[str, Any]]:
        """The last changes of the file, for who meets a stale page."""
        entries = sorted(timeline_sources["customers"](self), key=lambda entry: entry.at, reverse=True)
        return [{"what": entry.text, "by": entry.actor, "at": entry.at} for entry in entries[:5]]


class OwnershipChange(models.Model):
    """The owner's history: to whom, by whom, why. The first row tells who received the customer."""

    class Reason(models.TextChoices):
        RECEIVED = "received", _("received first")
        LEFT = "left", _("colleague left")
        ASKED = "asked", _("customer asked")
        COMPLAINT = "complaint", _("after a complaint")
        LOAD = "load", _("load shared out")

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="ownership_changes")
    from_owner = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    to_owner = models.ForeignKey(User, models.PROTECT, related_name="+")
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=12, choices=Reason.choices)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["at", "id"]
        triggers = [append_only]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.from_owner_id} → {self.to_owner_id}"


class CustomerEvent(Event):
    """History of the file itself: opened, edited, contact refused, a number revealed …"""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="events")
