"""The people of a party."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer
from studio.foundation.audit import audited


class MemberRole(models.TextChoices):
    BRIDE = "bride", _("bride")
    GROOM = "groom", _("groom")
    MOTHER = "mother", _("mother")
    FATHER = "father", _("father")
    CHILD = "child", _("child")
    GRANDPARENT = "grandparent", _("grandparent")
    RELATIVE = "relative", _("relative")
    CONTACT = "contact", _("contact person")
    GUEST = "guest", _("guest")


class Salutation(models.TextChoices):
    MR = "mr", _("Mr")
    MS = "ms", _("Ms")
    CHILD = "child", _("child (by name)")
    NONE = "none", _("none")


@audited()
class Member(models.Model):
    """One person of the file; in the house each has somebody with them (R5.6)."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="members")
    name = models.CharField(_("name"), max_length=40)
    salutation = models.CharField(
        _("salutation"), max_length=6, choices=Salutation.choices, default=Salutation.NONE
    )
    role = models.CharField(_("who"), max_length=12, choices=MemberRole.choices, default=MemberRole.GUEST)
    birthday = models.DateField(_("birthday"), null=True, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.CheckConstraint(condition=~models.Q(name=""), name="member_has_name")]

    def __str__(self) -> str:
        return self.name
