"""Where a customer can be reached. A number belongs to one file of a branch, however it was typed."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer
from customers.models.member import Member
from studio.foundation.audit import audited
from studio.staff.models import Branch


class ContactKind(models.TextChoices):
    PHONE = "phone", _("telephone")
    EMAIL = "email", _("e-mail")


@audited()
class ContactPoint(models.Model):
    """`value` is normalised: E.164 for telephones, lower case for e-mail."""

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="contact_points")
    member = models.ForeignKey(Member, models.SET_NULL, null=True, blank=True, related_name="contact_points")
    kind = models.CharField(max_length=6, choices=ContactKind.choices)
    value = models.CharField(max_length=254)
    is_wrong = models.BooleanField(_("wrong number"), default=False)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["branch", "kind", "value"],
                condition=Q(is_wrong=False),
                name="contact_once_per_branch",
                violation_error_message=_("This belongs to another customer of this branch."),
            ),
            models.CheckConstraint(condition=~Q(value=""), name="contact_has_value"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} …{self.value[-4:]}"
