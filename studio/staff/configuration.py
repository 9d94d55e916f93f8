"""The ground of every settings page: who may change what, of which branch, and the trace it leaves."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest

from studio.foundation.audit import acting
from studio.staff.models import Branch, Membership, Role, User
from studio.staff.models.membership import CONFIGURES


def branches_of(request: HttpRequest) -> QuerySet[Branch]:
    """The branches that the person who is signed in configures."""
    places = Membership.objects.active().filter(user_id=request.user.pk or 0, role__in=CONFIGURES)
    return Branch.objects.filter(pk__in=places.values("branch"))


class ConfigurationAdmin(admin.ModelAdmin):
    """Settings of one's own branches. `branch_path` leads from the row to its branch; "" means: of no branch.

    What was used once is never removed here, it is switched off: the audit and the history point to it.
    """

    branch_path = "branch"
    list_per_page = 50
    save_on_top = False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.admin_site.has_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.admin_site.has_permission(request)

    has_add_permission = has_module_permission
    has_change_permission = has_view_permission

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        if not self.branch_path:
            return rows
        return rows.filter(**{f"{self.branch_path}__in": branches_of(request)})

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Only rows of one's own branches are offered, so only they can be sent."""
        if "queryset" not in kwargs:
            kwargs["queryset"] = of_own_branches(db_field.related_model, request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        with acting(by=request.user if request.user.is_authenticated else None):
            return super().changeform_view(request, *args, **kwargs)


class ConfigurationInline(admin.TabularInline):
    """Rows inside a settings page, with the page's own rights."""

    extra = 0

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.admin_site.has_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.admin_site.has_permission(request)

    has_change_permission = has_view_permission
    has_delete_permission = has_view_permission

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if "queryset" not in kwargs:
            kwargs["queryset"] = of_own_branches(db_field.related_model, request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class ReadOnlyAdmin(ConfigurationAdmin):
    """Only looked at, by general managers: stages, owners and money have one door, and it is not here."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return super().has_module_permission(request) and request.membership.role == Role.GENERAL_MANAGER  # type: ignore[attr-defined]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def of_own_branches(model: type[models.Model], request: HttpRequest) -> QuerySet[Any]:
    """The rows of `model` that belong to the branches which the signed-in person configures."""
    rows = model._default_manager.all()
    branches = branches_of(request)
    if model is Branch:
        return branches
    if model is User:
        return rows.filter(is_active=True)
    names = {field.name for field in model._meta.get_fields()}
    if "branch" in names:
        return rows.filter(branch__in=branches)
    if "package" in names:
        return rows.filter(package__branch__in=branches)
    return rows
