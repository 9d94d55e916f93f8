"""A colleague: who signs in, and who acts."""

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from studio.foundation.audit import audited


@audited(without=("password", "last_login", "pin"))
class User(AbstractUser):
    """A person of the house. What they may do comes from their memberships, not from groups."""

    display_name = models.CharField(_("name"), max_length=40, help_text=_("As colleagues say it: 陈晓静."))
    called = models.CharField(
        _("called"),
        max_length=20,
        blank=True,
        help_text=_("As it is said in front of customers: 小陈, 王老师."),
    )
    language = models.CharField(
        _("language"),
        max_length=8,
        blank=True,
        choices=[("zh-hans", "简体中文"), ("zh-hant", "繁體中文"), ("en", "English")],
    )
    bell_sounds = models.BooleanField(_("the bell makes a sound"), default=True)
    pin = models.CharField(_("PIN"), max_length=160, blank=True, editable=False)

    REQUIRED_FIELDS = ["display_name"]

    class Meta:
        verbose_name = _("colleague")
        verbose_name_plural = _("colleagues")
        ordering = ["display_name"]

    def __str__(self) -> str:
        return self.display_name or self.username

    @property
    def spoken_name(self) -> str:
        return self.called or self.display_name

    def set_pin(self, raw: str) -> None:
        """Four to eight digits by which this person acts on a shared tablet; kept hashed."""
        self.pin = make_password(raw)

    def check_pin(self, raw: str) -> bool:
        return bool(self.pin) and check_password(raw, self.pin)
