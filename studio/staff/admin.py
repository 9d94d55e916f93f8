"""Settings: branches, departments, colleagues and their places, leave."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from studio.staff.configuration import ConfigurationAdmin, ConfigurationInline, ReadOnlyAdmin, branches_of
from studio.staff.invitation import invitation_for
from studio.staff.models import Branch, Department, Leave, Membership, SpecialDay, Team, User

NAMES = ("name_en", "name_zh_hans", "name_zh_hant")


@admin.register(Branch)
class BranchAdmin(ConfigurationAdmin):
    branch_path = "pk"
    list_display = ["__str__", "code", "time_zone", "currency", "customer_language", "is_active"]
    search_fields = ["code", *NAMES]
    fieldsets = [
        (None, {"fields": [*NAMES, "code", "is_active"]}),
        (
            _("Clock and money"),
            {"fields": ["time_zone", "region", "currency", "earnest_limit_percent", "opens_at", "closes_at"]},
        ),
        (_("Towards customers"), {"fields": ["customer_language", "phone", "address", "way_and_parking"]}),
        (_("Quiet hours"), {"fields": ["quiet_from", "quiet_until"]}),
    ]

    def save_model(self, request: HttpRequest, obj: Branch, form: Any, change: bool) -> None:
        """A new branch is configured on by whoever made it."""
        super().save_model(request, obj, form, change)
        if not change:
            own = request.membership  # type: ignore[attr-defined]
            Membership.objects.create(user=own.user, branch=obj, role=own.role)


@admin.register(SpecialDay)
class SpecialDayAdmin(ConfigurationAdmin):
    """Days on which the branch is closed or keeps other hours: nobody is booked outside of them."""

    list_display = ["day", "__str__", "is_open", "opens_at", "closes_at", "branch"]
    list_filter = ["is_open"]
    date_hierarchy = "day"
    search_fields = list(NAMES)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A day that was entered by mistake leaves no trace in anything that was agreed."""
        return self.admin_site.has_permission(request)


@admin.register(Department)
class DepartmentAdmin(ConfigurationAdmin):
    list_display = ["__str__", "kind", "branch"]
    list_filter = ["kind"]
    search_fields = list(NAMES)


class MembershipInline(ConfigurationInline):
    model = Membership
    fk_name = "user"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(branch__in=branches_of(request))


class UserForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ["username", "display_name", "called", "language", "is_active"]


@admin.register(User)
class UserAdmin(ConfigurationAdmin):
    """A colleague is made here and sets the first password through the invitation link."""

    branch_path = ""
    form = UserForm
    list_display = ["display_name", "username", "called", "places", "is_active"]
    list_filter = ["is_active", "memberships__role"]
    search_fields = ["display_name", "username", "called"]
    inlines = [MembershipInline]
    readonly_fields = ["has_password"]
    actions = ["invite"]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Colleagues of one's own branches, and those who have no place anywhere yet."""
        rows = super().get_queryset(request).prefetch_related("memberships__branch")
        own = rows.filter(memberships__branch__in=branches_of(request)) | rows.filter(
            memberships__isnull=True
        )
        return own.distinct()

    @admin.display(description=_("places"))
    def places(self, user: User) -> str:
        return ", ".join(f"{place.branch} · {place.get_role_display()}" for place in user.memberships.all())

    @admin.display(description=_("has a password"), boolean=True)
    def has_password(self, user: User) -> bool:
        return bool(user.pk) and user.has_usable_password()

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        if not change:
            self.show_invitation(request, obj)

    @admin.action(description=_("Make an invitation link (first or forgotten password)"))
    def invite(self, request: HttpRequest, queryset: Any) -> None:
        for user in queryset:
            self.show_invitation(request, user)

    def show_invitation(self, request: HttpRequest, user: User) -> None:
        text = format_html(
            gettext("Hand this link to {}; it works once, for three days: {}"),
            user.display_name,
            invitation_for(user),
        )
        self.message_user(request, text, messages.INFO)


@admin.register(Team)
class TeamAdmin(ConfigurationAdmin):
    list_display = ["__str__", "branch"]
    search_fields = list(NAMES)


@admin.register(Leave)
class LeaveAdmin(ReadOnlyAdmin):
    """Only looked at here: leave is asked for and granted on its own page, with a deputy for each day."""

    list_display = ["user", "starts_on", "ends_on", "kind", "state", "branch"]
    list_filter = ["state", "kind"]
    search_fields = ["user__display_name"]
    date_hierarchy = "starts_on"
