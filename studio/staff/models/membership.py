"""Who works where as what. Access everywhere is decided from the role of the active membership."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from studio.foundation.audit import audited
from studio.foundation.models import Named
from studio.staff.leaving import in_order
from studio.staff.models.branch import Branch, Department
from studio.staff.models.user import User


class Role(models.TextChoices):
    CONSULTANT = "consultant", _("consultant")
    DEPARTMENT_STAFF = "department_staff", _("department staff")
    DEPARTMENT_HEAD = "department_head", _("department head")
    CASHIER = "cashier", _("cashier")
    MANAGER = "manager", _("manager")
    GENERAL_MANAGER = "general_manager", _("general manager")
    ADMINISTRATOR = "administrator", _("administrator")


ALL_ROLES = frozenset(Role)
"""Everybody who works here."""
MANAGERS = frozenset({Role.MANAGER, Role.GENERAL_MANAGER})
DEPARTMENTS = frozenset({Role.DEPARTMENT_STAFF, Role.DEPARTMENT_HEAD})
FRONT = frozenset({Role.CONSULTANT}) | MANAGERS
"""Who receives customers, owns them, sells and calls."""
SERVING = FRONT | DEPARTMENTS | {Role.CASHIER}
"""Who meets customers at all: everybody but the administrator, who configures and sees no customer."""
TAKES_MONEY = FRONT | {Role.CASHIER}
CONFIGURES = frozenset({Role.ADMINISTRATOR, Role.GENERAL_MANAGER})
"""Who opens the settings."""


@audited()
class Team(Named):
    """Colleagues who receive for one another (F1): is a named consultant off, their team receives first."""

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="teams", verbose_name=_("branch"))

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ["branch", "id"]


class MembershipQuerySet(models.QuerySet["Membership"]):
    def active(self) -> "MembershipQuerySet":
        return self.filter(is_active=True, user__is_active=True, branch__is_active=True)


@audited()
class Membership(models.Model):
    """A person's place in one branch: one role, one department."""

    user = models.ForeignKey(User, models.PROTECT, related_name="memberships", verbose_name=_("colleague"))
    branch = models.ForeignKey(Branch, models.PROTECT, related_name="memberships", verbose_name=_("branch"))
    department = models.ForeignKey(
        Department,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="memberships",
        verbose_name=_("department"),
    )
    team = models.ForeignKey(
        Team,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="memberships",
        verbose_name=_("team"),
    )
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    is_active = models.BooleanField(_("active"), default=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ["branch", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "branch"],
                name="one_membership_per_branch",
                violation_error_message=_("This colleague has a place in this branch already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.branch} · {self.get_role_display()}"

    def clean(self) -> None:
        """Nobody's place ends, or moves away from the front, while work is in their hands (R1.1)."""
        if self.pk is None or (self.is_active and self.role in FRONT):
            return
        now = timezone.now()
        held = [str(one.title) for one in in_order() if one.count(self.user, self.branch, now)]
        if held:
            message = _("Still in their hands: %(what)s. Let it go on the page “A colleague leaves” first.")
            raise ValidationError(message % {"what": gettext(", ").join(held)})
