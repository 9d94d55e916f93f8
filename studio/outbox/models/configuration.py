"""What the administrator sets: gateways, templates, and the addresses that want no messages."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from studio.foundation.audit import audited
from studio.foundation.models import Named
from studio.staff.models import Branch


class Channel(models.TextChoices):
    SMS = "sms", _("text message")
    EMAIL = "email", _("e-mail")


class GatewayKind(models.TextChoices):
    WEBHOOK = "webhook", _("signed JSON webhook")
    SMTP = "smtp", _("e-mail server (SMTP)")
    CONSOLE = "console", _("the log (development)")


@audited(without=("secret",))
class Gateway(Named):
    """One way out for a channel of a branch. The secret signs, or signs in; it is never shown again."""

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="gateways", verbose_name=_("branch"))
    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices)
    kind = models.CharField(_("kind"), max_length=10, choices=GatewayKind.choices)
    address = models.CharField(
        _("address"), max_length=300, blank=True, help_text=_("https://… or server:port")
    )
    sender = models.CharField(_("sender"), max_length=120, blank=True)
    account = models.CharField(_("account"), max_length=120, blank=True)
    secret = models.CharField(_("secret"), max_length=200, blank=True)
    looks_up = models.BooleanField(
        _("answers what became of a message"),
        default=False,
        help_text=_(
            "Without it, an unclear answer is never sent again by itself: the owner gets a call to make."
        ),
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("gateway")
        verbose_name_plural = _("gateways")
        constraints = [
            models.UniqueConstraint(
                fields=["branch", "channel"],
                condition=models.Q(is_active=True),
                name="one_active_gateway_per_channel",
                violation_error_message=_("This branch has an active gateway for this channel already."),
            )
        ]


@audited()
class MessageTemplate(models.Model):
    """The words of one purpose, channel and language. `{name}` stands for a parameter of the purpose.

    `branch` None: for every branch that has no template of its own.
    """

    branch = models.ForeignKey(
        Branch,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="message_templates",
        verbose_name=_("branch"),
    )
    purpose = models.CharField(_("purpose"), max_length=40)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices)
    language = models.CharField(
        _("language"),
        max_length=8,
        choices=[("zh-hans", "简体中文"), ("zh-hant", "繁體中文"), ("en", "English")],
    )
    subject = models.CharField(_("subject"), max_length=120, blank=True)
    body = models.TextField(_("text"))

    class Meta:
        verbose_name = _("message template")
        verbose_name_plural = _("message templates")
        ordering = ["purpose", "channel", "language"]
        constraints = [
            models.UniqueConstraint(
                fields=["branch", "purpose", "channel", "language"],
                nulls_distinct=False,
                name="one_template_each",
                violation_error_message=_(
                    "There is a template for this purpose, channel and language already."
                ),
            )
        ]

    def __str__(self) -> str:
        return f"{self.purpose} · {self.get_channel_display()} · {self.get_language_display()}"


class Suppression(models.Model):
    """An address of one branch that must not be written to, at once and for every channel's purpose."""

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="+")
    channel = models.CharField(max_length=10, choices=Channel.choices)
    address = models.CharField(max_length=254)
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["branch", "channel", "address"], name="suppressed_once"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} …{self.address[-4:]}"
