"""Settings: gateways and the words of messages."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from studio.outbox.models import Gateway, Message, MessageTemplate
from studio.outbox.purposes import purposes
from studio.staff.configuration import ConfigurationAdmin, ReadOnlyAdmin, branches_of


class GatewayForm(forms.ModelForm):
    """The secret is written, never read: left empty, the old one stays."""

    secret = forms.CharField(
        label=_("Secret"),
        required=False,
        help_text=_("Left empty, the one that is set stays."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    class Meta:
        model = Gateway
        fields = [
            "name_en",
            "name_zh_hans",
            "name_zh_hant",
            "branch",
            "channel",
            "kind",
            "address",
            "sender",
            "account",
            "secret",
            "looks_up",
            "takes_key",
            "is_active",
        ]

    def clean_secret(self) -> str:
        return self.cleaned_data["secret"] or self.instance.secret


@admin.register(Gateway)
class GatewayAdmin(ConfigurationAdmin):
    form = GatewayForm
    list_display = ["__str__", "branch", "channel", "kind", "address", "looks_up", "is_active"]
    list_filter = ["channel", "kind", "is_active"]
    search_fields = ["name_en", "name_zh_hans", "name_zh_hant", "address"]


class MessageTemplateForm(forms.ModelForm):
    purpose = forms.ChoiceField(label=_("Purpose"))

    class Meta:
        model = MessageTemplate
        fields = ["branch", "purpose", "channel", "language", "subject", "body", "code"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["purpose"].choices = [(name, purposes[name].title) for name in purposes.names()]  # type: ignore[attr-defined]
        names = sorted({key for purpose in purposes for key in (purpose.sample or {})})
        self.fields["body"].help_text = _("These stand for what is known when it is sent: %(names)s") % {
            "names": " ".join(f"{{{name}}}" for name in names)
        }


@admin.register(MessageTemplate)
class MessageTemplateAdmin(ConfigurationAdmin):
    branch_path = ""
    form = MessageTemplateForm
    list_display = ["__str__", "branch", "channel", "language", "subject"]
    list_filter = ["purpose", "channel", "language"]
    search_fields = ["purpose", "subject", "body"]

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request)
        return rows.filter(branch__isnull=True) | rows.filter(branch__in=branches_of(request))


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "branch", "purpose", "channel", "state", "due_at", "attempt", "trouble"]
    list_filter = ["state", "channel", "purpose"]
    date_hierarchy = "created_at"
    exclude = ["recipient", "body", "subject", "parameters"]
