"""Settings: packages in versions, and resources. Sales and money are only looked at here."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookings import admin_money, admin_online, admin_resources, sales
from bookings.models import Booking, Package, PackageItem, PackageLook, PackageVersion
from studio.staff.configuration import ConfigurationAdmin, ConfigurationInline, ReadOnlyAdmin

NAMES = ["name_en", "name_zh_hans", "name_zh_hant"]


class VersionInline(ConfigurationInline):
    model = PackageVersion
    fields = ["number", "price", "shoot_minutes"]
    readonly_fields = ["number", "price", "shoot_minutes"]
    show_change_link = True
    can_delete = False
    verbose_name_plural = _("versions (the newest is on sale)")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Package)
class PackageAdmin(ConfigurationAdmin):
    list_display = ["__str__", "kind", "branch", "is_active"]
    list_filter = ["kind", "is_active"]
    search_fields = NAMES
    inlines = [VersionInline]


class SoldInline(ConfigurationInline):
    """Looks and items of a version: fixed once it was sold, for orders keep the terms they were sold at."""

    def is_open(self, obj: Any) -> bool:
        return obj is None or not obj.bookings.exists()

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_add_permission(request, obj) and self.is_open(obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and self.is_open(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and self.is_open(obj)


class LookInline(SoldInline):
    model = PackageLook
    fields = ["position", *NAMES]


class ItemInline(SoldInline):
    model = PackageItem
    fields = ["position", *NAMES, "quantity"]


@admin.register(PackageVersion)
class PackageVersionAdmin(ConfigurationAdmin):
    branch_path = "package__branch"
    list_display = ["__str__", "price", "shoot_minutes", "created_at", "is_sold"]
    list_filter = ["package__kind"]
    search_fields = ["package__name_en", "package__name_zh_hans", "package__name_zh_hant"]
    inlines = [LookInline, ItemInline]
    exclude = ["number"]
    actions = ["revise"]

    @admin.display(description=_("sold"), boolean=True)
    def is_sold(self, version: PackageVersion) -> bool:
        return version.bookings.exists()

    def save_model(self, request: HttpRequest, obj: PackageVersion, form: Any, change: bool) -> None:
        """Versions are numbered as they are made."""
        if not change:
            newest = PackageVersion.objects.filter(package=obj.package).order_by("-number").first()
            obj.number = newest.number + 1 if newest else 1
        super().save_model(request, obj, form, change)

    @admin.action(description=_("Make a new version of it, to change"))
    def revise(self, request: HttpRequest, queryset: QuerySet[PackageVersion]) -> None:
        """What was sold stays as it is; its successor has the same looks and items, and can be changed."""
        for version in queryset:
            successor = sales.revise(version, by=request.user, now=timezone.now())  # type: ignore[arg-type]
            self.message_user(
                request, _("%(version)s can be changed until it is sold.") % {"version": successor}
            )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A version that was sold is only looked at."""
        return super().has_change_permission(request, obj) and (obj is None or not obj.bookings.exists())


@admin.register(Booking)
class BookingAdmin(ReadOnlyAdmin):
    list_display = ["number", "branch", "package_version", "sold_by", "state", "created_at"]
    list_filter = ["state"]
    search_fields = ["number"]


__all__ = ["admin_money", "admin_online", "admin_resources"]
