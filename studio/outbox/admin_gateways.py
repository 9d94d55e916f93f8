"""Settings of the gateways: each kind with its own fields, where its receipts come in, and a test message."""

import secrets
from typing import Any

import phonenumbers
from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import validate_email
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from studio.outbox import testing
from studio.outbox.gateways.apprise import ALLOWED, faults
from studio.outbox.models import (
    UNCERTAIN,
    Attempt,
    Channel,
    Gateway,
    GatewayHealth,
    GatewayKind,
    MessageTemplate,
)
from studio.outbox.models.gateway_kinds import KINDS
from studio.outbox.purposes import purposes
from studio.outbox.reported import ANSWERS, token_of
from studio.staff.configuration import ConfigurationAdmin

SECRETS = ("secret", "callback_secret")
WHERE = ("address", "account", "application", "region", "branch", "channel")
"""What must not change while something may have gone out: the look-up would ask somebody else."""

NAMES = ["name_en", "name_zh_hans", "name_zh_hant"]
FIRST = [*NAMES, "branch", "channel", "kind", "is_active"]
OTHERS = [
    "address",
    "sender",
    "account",
    "secret",
    "region",
    "application",
    "callback_secret",
    "looks_up",
    "takes_key",
]


class Hidden(forms.CharField):
    """A secret is written, never read: left empty, the old one stays."""

    def __init__(self, label: Any, help_text: Any = "") -> None:
        super().__init__(
            label=label,
            required=False,
            help_text=help_text or _("Left empty, the one that is set stays."),
            widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "class": "vTextField"}),
        )


class GatewayForm(forms.ModelForm):
    secret = Hidden(
        _("Secret"),
        _(
            "Left empty, the one that is set stays. For a group chat: the web address of its robot,"
            " or several with blanks between them."
        ),
    )
    callback_secret = Hidden(
        _("Secret of the receipts"),
        _("Left empty, the one that is set stays. With it the gateway signs what it reports."),
    )

    class Meta:
        model = Gateway
        fields = [*FIRST, *OTHERS]

    def clean_secret(self) -> str:
        return self.cleaned_data["secret"] or self.instance.secret

    def clean_callback_secret(self) -> str:
        return self.cleaned_data["callback_secret"] or self.instance.callback_secret

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("kind", self.instance.kind) == GatewayKind.APPRISE and cleaned.get("secret"):
            self.check_chats(cleaned["secret"])
        if self.instance.pk and (moved := [name for name in WHERE if name in self.changed_data]):
            self.check_nothing_under_way(moved[0])
        return cleaned

    def check_nothing_under_way(self, field: str) -> None:
        count = Attempt.objects.filter(
            gateway=self.instance.pk, outcome__in=UNCERTAIN, message__finished_at=None
        ).count()
        if not count:
            return
        sentence = ngettext(
            "%(count)d message is under way here, and only this gateway can say what became of it."
            " Make a second gateway instead, or wait.",
            "%(count)d messages are under way here, and only this gateway can say what became of them."
            " Make a second gateway instead, or wait.",
            count,
        )
        self.add_error(field, sentence % {"count": count})

    def check_chats(self, secret: str) -> None:
        """Never with the address itself in the sentence: whoever has it can write to the chat."""
        sentences = {
            "scheme": gettext("Address %(number)d: this kind can't be used. These can: %(kinds)s."),
            "unsafe": gettext("Address %(number)d asks for an unchecked connection, which is not used here."),
            "unknown": gettext("Address %(number)d is not complete, or has something wrong in it."),
        }
        kinds = ", ".join(dict.fromkeys(ALLOWED.values()))
        for number, fault in faults(secret, settings.OUTBOX_GATEWAY_TIMEOUT_SECONDS).items():
            self.add_error("secret", sentences[fault] % {"number": number, "kinds": kinds})


class TestForm(forms.Form):
    """Where a test message goes."""

    to = forms.CharField(max_length=60)
    press = forms.CharField(max_length=40, widget=forms.HiddenInput)

    def __init__(self, *args: Any, gateway: Gateway, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"press": secrets.token_hex(16)})
        super().__init__(*args, **kwargs)
        self.gateway = gateway
        is_letter = gateway.channel == Channel.EMAIL
        self.fields["to"].label = _("E-mail address") if is_letter else _("Telephone number")
        self.fields["to"].widget.input_type = "email" if is_letter else "tel"
        if gateway.channel == Channel.ALARM:
            del self.fields["to"]

    def clean_to(self) -> str:
        typed: str = self.cleaned_data["to"].strip()
        if self.gateway.channel == Channel.EMAIL:
            validate_email(typed)
            return typed
        try:
            number = phonenumbers.parse(typed, self.gateway.branch.region)
        except phonenumbers.NumberParseException as reason:
            raise ValidationError(_("There is no such telephone number.")) from reason
        if not phonenumbers.is_possible_number(number):
            raise ValidationError(_("There is no such telephone number."))
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    def clean(self) -> dict[str, Any]:
        if not self.gateway.is_active:
            raise ValidationError(_("It is switched off: only an active gateway sends."))
        return self.cleaned_data


@admin.register(Gateway)
class GatewayAdmin(ConfigurationAdmin):
    form = GatewayForm
    list_display = ["__str__", "branch", "channel", "kind", "doing", "is_active"]
    list_filter = ["channel", "kind", "is_active"]
    list_select_related = ["branch", "health"]
    search_fields = [*NAMES, "address"]
    change_form_template = "admin/outbox/gateway/change_form.html"
    readonly_fields = ["doing", "last_success", "last_failure", "callback", "without_number"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Another kind is another gateway: what went out here could be looked up nowhere else."""
        return [*self.readonly_fields, *(["kind"] if obj is not None else [])]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [
                (None, {"fields": FIRST}),
                (
                    _("What the kind asks for"),
                    {"fields": OTHERS, "description": self.what_kinds_ask_for()},
                ),
            ]
        kind = KINDS[obj.kind]
        shown = [name for name in OTHERS if name in kind.fields]
        parts: list[tuple[Any, dict[str, Any]]] = [(None, {"fields": FIRST})]
        if shown:
            parts.append((_("What the kind asks for"), {"fields": shown}))
        if kind.reports:
            parts.append((_("Receipts"), {"fields": ["callback"]}))
        if kind.by_template:
            parts.append((_("Approved texts"), {"fields": ["without_number"]}))
        parts.append((_("How it is doing"), {"fields": ["doing", "last_success", "last_failure"]}))
        return parts

    def what_kinds_ask_for(self) -> str:
        names = {name: str(Gateway._meta.get_field(name).verbose_name) for name in OTHERS}  # type: ignore[union-attr]
        rows = [
            (label, " · ".join(names[name] for name in OTHERS if name in KINDS[kind].fields) or "–")
            for kind, label in GatewayKind.choices
        ]
        return format_html("<ul>{}</ul>", format_html_join("", "<li><b>{}</b>: {}</li>", rows))

    def save_model(self, request: HttpRequest, obj: Gateway, form: Any, change: bool) -> None:
        """A provider's address for receipts is made from a secret that only we need to know."""
        if obj.kind in ANSWERS and not obj.callback_secret:
            obj.callback_secret = secrets.token_urlsafe(32)
        super().save_model(request, obj, form, change)

    # --- Only to read -------------------------------------------------------------------------
    @admin.display(description=_("address for receipts"))
    def callback(self, gateway: Gateway) -> str:
        if not gateway.callback_secret:
            return gettext("None yet: give the secret of the receipts first.")
        if gateway.kind in ANSWERS:
            below = reverse("outbox:receipts_by_address", args=[gateway.pk, token_of(gateway)])
        else:
            below = reverse("outbox:receipts", args=[gateway.pk])
        return format_html("<code>{}{}</code>", settings.PUBLIC_URL, below)

    @admin.display(description=_("messages without a number"))
    def without_number(self, gateway: Gateway) -> str:
        """These would fail, each with a call to make: the provider sends by number only."""
        numbered = set(
            MessageTemplate.objects.filter(
                Q(branch=gateway.branch_id) | Q(branch=None), channel=gateway.channel
            )
            .exclude(code="")
            .values_list("purpose", flat=True)
        )
        missing = [
            str(purposes[name].title)
            for name in purposes.names()
            if name not in numbered
            and any(channel == gateway.channel for channel, _language in purposes[name].words)
        ]
        return " · ".join(missing) or gettext("none")

    @admin.display(description=_("how it is doing"))
    def doing(self, gateway: Gateway) -> str:
        health = health_of(gateway)
        if health is None or not (health.last_success_at or health.last_failure_at):
            return gettext("never used")
        if health.rests_until is not None and health.rests_until > timezone.now():
            return gettext("rests until %(time)s") % {"time": moment(health.rests_until)}
        if health.failures:
            return gettext("failed %(count)d times in a row") % {"count": health.failures}
        return gettext("well")

    @admin.display(description=_("last success"))
    def last_success(self, gateway: Gateway) -> str:
        health = health_of(gateway)
        return moment(health.last_success_at) if health and health.last_success_at else "–"

    @admin.display(description=_("last failure"))
    def last_failure(self, gateway: Gateway) -> str:
        health = health_of(gateway)
        if health is None or health.last_failure_at is None:
            return "–"
        return f"{moment(health.last_failure_at)} · {health.trouble}".removesuffix(" · ")

    # --- A test message -----------------------------------------------------------------------
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.test)
        return [path("<int:pk>/test/", view, name="outbox_gateway_test"), *super().get_urls()]

    def test(self, request: HttpRequest, pk: int) -> HttpResponse:
        gateway = self.get_object(request, str(pk))
        if gateway is None:
            raise Http404
        if not self.has_change_permission(request, gateway):
            raise PermissionDenied
        form = TestForm(request.POST or None, gateway=gateway)
        if request.method == "POST" and form.is_valid():
            return self.send_test(request, gateway, form.cleaned_data)
        return TemplateResponse(
            request,
            "admin/outbox/gateway/test.html",
            {
                **self.admin_site.each_context(request),
                "title": gettext("Send a test message"),
                "subtitle": str(gateway),
                "opts": self.opts,
                "gateway": gateway,
                "by_template": KINDS[gateway.kind].by_template,
                "form": form,
                "latest": testing.latest(gateway),
            },
            status=422 if form.is_bound else 200,
        )

    def send_test(self, request: HttpRequest, gateway: Gateway, cleaned: dict[str, Any]) -> HttpResponse:
        person: Any = request.user
        message = testing.send(
            gateway, cleaned.get("to", ""), press=cleaned["press"], by=person, now=timezone.now()
        )
        if message is None:
            self.message_user(
                request, gettext("Nothing was sent: it is there already, or this address wants no messages.")
            )
        return redirect("admin:outbox_gateway_test", pk=gateway.pk)


def health_of(gateway: Gateway) -> GatewayHealth | None:
    try:
        return gateway.health
    except GatewayHealth.DoesNotExist:
        return None


def moment(at: Any) -> str:
    return date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT")
