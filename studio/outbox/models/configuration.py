"""What the administrator sets: gateways, templates, and the addresses that want no messages."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from studio.foundation.audit import audited
from studio.foundation.models import Named
from studio.outbox.models.gateway_kinds import KINDS, faults_of
from studio.outbox.placeholders import placeholders
from studio.outbox.purposes import purposes
from studio.staff.models import Branch


class Channel(models.TextChoices):
    SMS = "sms", _("text message")
    EMAIL = "email", _("e-mail")
    ALARM = "alarm", _("alarm to colleagues")


WRITTEN = (Channel.SMS, Channel.EMAIL)
"""What a customer can be written to by; alarms go to colleagues only."""


class GatewayKind(models.TextChoices):
    WEBHOOK = "webhook", _("signed JSON webhook")
    SMTP = "smtp", _("e-mail server (SMTP)")
    ALIYUN = "aliyun", _("Aliyun text messages")
    TENCENT = "tencent", _("Tencent Cloud text messages")
    APPRISE = "apprise", _("WeCom, DingTalk, Feishu … (alarms)")
    CONSOLE = "console", _("the log (development)")


@audited(without=("secret", "callback_secret"))
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
    secret = models.CharField(_("secret"), max_length=1000, blank=True)
    region = models.CharField(
        _("region"),
        max_length=40,
        blank=True,
        help_text=_("Of the provider's cloud: cn-hangzhou, ap-guangzhou …"),
    )
    application = models.CharField(
        _("application"),
        max_length=40,
        blank=True,
        help_text=_("The provider's number of your application, where it has one."),
    )
    callback_secret = models.CharField(
        _("secret of the receipts"),
        max_length=200,
        blank=True,
        help_text=_(
            "With it the gateway signs what it reports: delivered, not delivered."
            " Empty: no reports are taken."
        ),
    )
    looks_up = models.BooleanField(
        _("answers what became of a message"),
        default=False,
        help_text=_(
            "Without it, an unclear answer is never sent again by itself: the owner gets a call to make."
        ),
    )
    takes_key = models.BooleanField(
        _("sends the same key once"),
        default=False,
        help_text=_(
            "It knows a message by its key, so that the same one given twice goes out once."
            " Only tick this where the gateway promises it."
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

    def clean(self) -> None:
        """Each kind's own fields, each with its sentence; and what is known of a kind is not asked."""
        if faults := faults_of(self):
            raise ValidationError(faults)
        kind = KINDS.get(self.kind)
        if kind is not None and kind.looks_up is not None:
            self.looks_up = kind.looks_up
        if kind is not None and kind.takes_key is not None:
            self.takes_key = kind.takes_key


class GatewayHealth(models.Model):
    """How a gateway has been doing. One that keeps failing rests until `rests_until`; then one message tries
    it again, and the others wait for what becomes of it."""

    gateway = models.OneToOneField(Gateway, models.CASCADE, primary_key=True, related_name="health")
    failures = models.PositiveIntegerField(default=0)
    rests_until = models.DateTimeField(null=True, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    last_failure_at = models.DateTimeField(null=True, blank=True)
    trouble = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return f"health of gateway {self.gateway_id}"


@audited()
class MessageTemplate(models.Model):
    """The words of one purpose, channel and language. `{name}` stands for a parameter of the purpose.

    `branch` None: for every branch that has no template of its own. `code` is the number under which a
    gateway for text messages has approved these words, where it asks for one.
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
    code = models.CharField(_("template number at the gateway"), max_length=60, blank=True)

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

    def clean(self) -> None:
        """A `{name}` that the purpose does not fill would leave a hole in every message."""
        purpose = purposes.get(self.purpose)
        if purpose is None:
            raise ValidationError({"purpose": _("There is no purpose of this name.")})
        known = purpose.sample
        if known is None:
            return
        for field, text in (("subject", self.subject), ("body", self.body)):
            unknown = sorted(placeholders(text) - set(known))
            if unknown:
                raise ValidationError(
                    {
                        field: _("%(names)s: nothing fills this in. These can stand here: %(known)s.")
                        % {
                            "names": " ".join(f"{{{name}}}" for name in unknown),
                            "known": " ".join(f"{{{name}}}" for name in sorted(known)),
                        }
                    }
                )


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
