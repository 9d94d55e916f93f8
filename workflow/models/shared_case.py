"""A customer whom two consultants serve: the credit of the sale is split (F1)."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from studio.staff.models import Branch, User
from workflow.models.visit import Visit, in_words


class SharedCaseQuerySet(models.QuerySet["SharedCase"]):
    def open(self) -> "SharedCaseQuerySet":
        return self.filter(ended_at__isnull=True)


class SharedCase(models.Model):
    """`first` received the customer first and owns them; `second` served as well. `first_percent` of each
    sale agreed while it is open is the first one's, the rest the second one's."""

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="shared_cases")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="shared_cases")
    visit = models.ForeignKey(Visit, models.PROTECT, null=True, blank=True, related_name="+")
    first = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("first consultant"))
    second = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("second consultant"))
    first_percent = models.PositiveSmallIntegerField(_("share of the first (per cent)"), default=50)
    why = models.CharField(_("why"), max_length=200)
    agreed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    agreed_at = models.DateTimeField(default=timezone.now)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = SharedCaseQuerySet.as_manager()

    class Meta:
        ordering = ["agreed_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=Q(ended_at__isnull=True), name="one_open_shared_case"
            ),
            models.CheckConstraint(condition=~Q(first=F("second")), name="shared_between_two"),
            models.CheckConstraint(
                condition=Q(first_percent__gte=1, first_percent__lte=99), name="shared_between_1_and_99"
            ),
            models.CheckConstraint(condition=~Q(why=""), name="shared_case_says_why"),
        ]

    def __str__(self) -> str:
        return f"shared case #{self.pk}"

    @property
    def why_in_words(self) -> str:
        return in_words(self.why)
