"""Settings: the words of messages, and a look at what went out. The gateways have a file of their own."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from studio.outbox import admin_gateways
from studio.outbox.models import Message, MessageTemplate
from studio.outbox.purposes import purposes
from studio.staff.configuration import ConfigurationAdmin, ReadOnlyAdmin, branches_of

__all__ = ["admin_gateways"]


class MessageTemplateForm(forms.ModelForm):
    purpose = forms.ChoiceField(label=_("Purpose"))

    class Meta:
        model = MessageTemplate
        fields = ["branch", "purpose", "channel", "language", "subject", "body", "code"]
        help_texts = {
            "code": _(
                "Where a provider sends approved texts only: its number of this one. The text above repeats"
                " it; what stands in braces there is sent along, in that order."
            )
        }

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
