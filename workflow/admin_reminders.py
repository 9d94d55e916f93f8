"""Settings of what is told before an appointment: the rules, and the advice (R3.1, R3.4)."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from studio.foundation.audit import acting
from studio.outbox.models import WRITTEN
from studio.staff.configuration import ConfigurationAdmin, branches_of
from workflow import advice
from workflow.models import AdviceLine, ReminderRule, RuleAction

MOST_DAYS = 365
TO_CUSTOMERS = [(channel, channel.label) for channel in WRITTEN]


class ReminderRuleForm(forms.ModelForm):
    """Each thing that can't be is said at its field, before the constraints say it above the form."""

    class Meta:
        model = ReminderRule
        exclude: ClassVar[list[str]] = ["replan"]
        help_texts = {
            "action": _("A call comes up on the owner's list; a message goes out by itself."),
            "channel": _("Of a message: the first way. What a customer wished for comes before it."),
            "at": _("By the branch's clock. A message waits for the end of the quiet hours."),
            "on_closed_days": _("Closed are the special days of the branch that are not open."),
        }

    def clean_days_before(self) -> int:
        days: int = self.cleaned_data["days_before"]
        if days > MOST_DAYS:
            raise forms.ValidationError(_("At most %(days)s days before."), params={"days": MOST_DAYS})
        return days

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        action, channel, fall_back = (data.get(name) for name in ("action", "channel", "fall_back"))
        if action == RuleAction.MESSAGE and channel == "":
            self.add_error("channel", _("Choose by which way the message goes."))
        if action == RuleAction.CALL and channel:
            self.add_error("channel", _("A call has no channel; leave this empty."))
        if action == RuleAction.CALL and fall_back:
            self.add_error("fall_back", _("Only a message has another way; leave this empty."))
        if action == RuleAction.MESSAGE and fall_back and fall_back == channel:
            self.add_error("fall_back", _("The other way is not the first one again."))
        return data


@admin.register(ReminderRule)
class ReminderRuleAdmin(ConfigurationAdmin):
    form = ReminderRuleForm
    list_display = [
        "__str__",
        "branch",
        "appointment_kind",
        "action",
        "channel",
        "fall_back",
        "days_before",
        "at",
        "is_active",
        "preview",
    ]
    list_filter = ["appointment_kind", "action", "is_active"]
    search_fields = ["name_en", "name_zh_hans", "name_zh_hant"]
    ordering = ["branch", "appointment_kind", "-days_before", "at", "pk"]
    readonly_fields = ["preview"]
    fieldsets = [
        (None, {"fields": ["branch", "name_en", "name_zh_hans", "name_zh_hant", "is_active"]}),
        (_("When"), {"fields": ["appointment_kind", "days_before", "at", "on_closed_days"]}),
        (
            _("What"),
            {
                "fields": ["action", "channel", "fall_back", "preview"],
                "description": _("Where no written way is open, the owner gets a call to make."),
            },
        ),
    ]

    @admin.display(description=_("preview"))
    def preview(self, rule: ReminderRule) -> str:
        """Where to see what a customer would get of it, and when."""
        address = reverse("workflow:message_preview")
        kind = f"?kind={rule.appointment_kind}" if rule.pk else ""
        return format_html('<a href="{}{}">{}</a>', address, kind, _("What a customer gets"))

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Alarms are for colleagues: not a way to a customer."""
        if db_field.name in {"channel", "fall_back"}:
            kwargs["choices"] = [("", "—"), *TO_CUSTOMERS]
        return super().formfield_for_choice_field(db_field, request, **kwargs)


class AdviceLineForm(forms.ModelForm):
    class Meta:
        model = AdviceLine
        exclude: ClassVar[list[str]] = []
        help_texts = {
            "branch": _("Empty: for the whole house, where a branch has no lines of its own."),
            "package_kind": _("Empty: for every package."),
            "person": _("Empty: for everybody. Otherwise only where such a person is in the party."),
            "month_from": _("Months of the appointment: from 11 to 2 is winter. Empty: all year."),
            "is_active": _(
                "Off: not said. Where any line stands for an appointment and topic, the program's own do not."
            ),
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        months = ("month_from", "month_until")
        if {*months} <= data.keys() and (data["month_from"] is None) != (data["month_until"] is None):
            missing = next(name for name in months if data[name] is None)
            self.add_error(missing, _("Give both months, or neither."))
        return data


@admin.register(AdviceLine)
class AdviceLineAdmin(ConfigurationAdmin):
    form = AdviceLineForm
    change_list_template = "admin/workflow/adviceline/change_list.html"
    list_display = [
        "__str__",
        "branch",
        "appointment_kind",
        "topic",
        "conditions",
        "position",
        "is_active",
    ]
    list_filter = ["appointment_kind", "topic", "package_kind", "person", "is_active"]
    search_fields = ["text_en", "text_zh_hans", "text_zh_hant"]
    fieldsets = [
        (None, {"fields": ["branch", "appointment_kind", "topic", "position", "is_active"]}),
        (_("What is said"), {"fields": ["text_en", "text_zh_hans", "text_zh_hant"]}),
        (_("To whom and when"), {"fields": ["package_kind", "person", "month_from", "month_until"]}),
    ]

    @admin.display(description=_("to whom and when"))
    def conditions(self, line: AdviceLine) -> str:
        months = f"{line.month_from}–{line.month_until}" if line.month_from else ""
        return " · ".join(filter(None, [line.get_package_kind_display(), line.get_person_display(), months]))

    def get_queryset(self, request: HttpRequest) -> QuerySet[AdviceLine]:
        """The lines of one's own branches, and those of the whole house."""
        return AdviceLine.objects.filter(Q(branch__in=branches_of(request)) | Q(branch=None)).select_related(
            "branch"
        )

    def get_urls(self) -> list[URLPattern]:
        own = path("own/", self.admin_site.admin_view(self.write_own), name="workflow_adviceline_write_own")
        return [own, *super().get_urls()]

    def write_own(self, request: HttpRequest) -> HttpResponse:
        """The house's lines are begun with those that the program brings along. A repeat adds nothing."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        with acting(by=request.user if request.user.is_authenticated else None):
            count = advice.write_down_own()
        if count:
            words = ngettext("%(count)s line was written down.", "%(count)s lines were written down.", count)
            messages.success(request, words % {"count": count})
        else:
            messages.info(request, _("The house has lines of its own for everything already."))
        return redirect("admin:workflow_adviceline_changelist")
