"""What a customer is told before they come (R3.1), and the small cares (R3.4), as a branch words them."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from bookings.models import AppointmentKind, PackageKind
from customers.models import Salutation
from studio.foundation.audit import audited
from studio.staff.models import Branch

TEXTS = {"en": "text_en", "zh-hans": "text_zh_hans", "zh-hant": "text_zh_hant"}
MONTHS = [MinValueValidator(1), MaxValueValidator(12)]


class AdviceTopic(models.TextChoices):
    PREPARE = "prepare", _("how to prepare")
    BRING = "bring", _("what to bring")
    CARE = "care", _("caring note")


@audited()
class AdviceLine(models.Model):
    """One sentence. Empty conditions fit everybody: kind of package, person, months (from 11 to 2 is winter).

    Where a branch (or, with `branch` empty, the house) has lines of its own for an appointment and topic,
    they stand in place of those that the program brings along.
    """

    branch = models.ForeignKey(
        Branch, models.PROTECT, null=True, blank=True, related_name="advice", verbose_name=_("branch")
    )
    appointment_kind = models.CharField(_("appointment"), max_length=10, choices=AppointmentKind.choices)
    topic = models.CharField(pgettext_lazy("advice", "what about"), max_length=8, choices=AdviceTopic.choices)
    package_kind = models.CharField(
        _("kind of package"), max_length=12, choices=PackageKind.choices, blank=True
    )
    person = models.CharField(_("for whom"), max_length=6, choices=Salutation.choices, blank=True)
    month_from = models.PositiveSmallIntegerField(_("from month"), null=True, blank=True, validators=MONTHS)
    month_until = models.PositiveSmallIntegerField(_("until month"), null=True, blank=True, validators=MONTHS)
    text_en = models.CharField("text (English)", max_length=200)
    text_zh_hans = models.CharField("文字（简体）", max_length=200)
    text_zh_hant = models.CharField("文字（繁體）", max_length=200)
    position = models.PositiveSmallIntegerField(_("place"), default=0)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("advice")
        verbose_name_plural = _("advice before appointments")
        ordering = ["branch", "appointment_kind", "topic", "position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(month_from=None, month_until=None)
                | Q(month_from__range=(1, 12), month_until__range=(1, 12)),
                name="advice_months_both_or_none",
                violation_error_message=_("Give both months, 1 to 12, or neither."),
            )
        ]

    def __str__(self) -> str:
        return self.text_in(get_language())

    def text_in(self, language: str | None) -> str:
        return getattr(self, TEXTS.get(language or "en", "text_en")) or self.text_en
