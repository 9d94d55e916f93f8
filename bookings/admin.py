"""Settings: packages in versions with their seasons, add-ons, limits. Sales are only looked at here."""

from typing import Any

from django.contrib import admin, messages
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookings import admin_money, admin_online, admin_resources, sales
from bookings.admin_formsets import NeedRows, SeasonRows
from bookings.models import (
    AddOn,
    Booking,
    DiscountLimit,
    Package,
    PackageItem,
    PackageLook,
    PackageNeed,
    PackageService,
    PackageVersion,
    SeasonalPrice,
)
from studio.staff.configuration import ConfigurationAdmin, ConfigurationInline, ReadOnlyAdmin

NAMES = ["name_en", "name_zh_hans", "name_zh_hant"]


class VersionInline(ConfigurationInline):
    model = PackageVersion
    fields = ["number", "price", "shoot_minutes", "valid_from"]
    readonly_fields = ["number", "price", "shoot_minutes", "valid_from"]
    show_change_link = True
    can_delete = False
    verbose_name_plural = _("versions (the newest that is valid is on sale)")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Package)
class PackageAdmin(ConfigurationAdmin):
    list_display = ["__str__", "kind", "branch", "is_active"]
    list_filter = ["kind", "is_active"]
    search_fields = NAMES
    inlines = [VersionInline]


class SoldInline(ConfigurationInline):
    """What a version holds and needs: fixed once it was sold, for orders keep the terms they were sold at."""

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


class ServiceInline(SoldInline):
    model = PackageService
    fields = ["position", *NAMES, "quantity"]


class NeedInline(SoldInline):
    """Without any row each kind of appointment asks for what is usual."""

    model = PackageNeed
    formset = NeedRows
    fields = [
        "position",
        "appointment",
        "kind",
        "quantity",
        "from_minute",
        "minutes",
        "look",
        "buffer_before",
        "buffer_after",
        "skill",
        "resource",
        "is_optional",
    ]


class SeasonInline(ConfigurationInline):
    """Seasons may be put up for a version that was sold: what was sold keeps its own."""

    model = SeasonalPrice
    formset = SeasonRows
    fields = [*NAMES, "basis", "starts_on", "ends_on", "price"]


@admin.register(PackageVersion)
class PackageVersionAdmin(ConfigurationAdmin):
    branch_path = "package__branch"
    list_display = ["__str__", "price", "valid_from", "shoot_minutes", "created_at", "is_sold"]
    list_filter = ["package__kind"]
    search_fields = ["package__name_en", "package__name_zh_hans", "package__name_zh_hant"]
    inlines = [LookInline, ItemInline, ServiceInline, NeedInline, SeasonInline]
    exclude = ["number"]
    actions = ["revise"]

    @admin.display(description=_("sold"), boolean=True)
    def is_sold(self, version: PackageVersion) -> bool:
        return version.bookings.exists()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Of a version that was sold only the seasons are open; its package never changes."""
        if obj is None:
            return []
        if not obj.bookings.exists():
            return ["package"]
        return [
            field.name for field in PackageVersion._meta.concrete_fields if field.name not in {"id", "number"}
        ]

    def save_model(self, request: HttpRequest, obj: PackageVersion, form: Any, change: bool) -> None:
        """Versions are numbered as they are made; one that is sold stays as it is, and so does its row."""
        if not change:
            newest = PackageVersion.objects.filter(package=obj.package).order_by("-number").first()
            obj.number = newest.number + 1 if newest else 1
        elif not form.changed_data:
            return
        super().save_model(request, obj, form, change)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Sold in the second in which it was changed: the database says no, and nothing was saved."""
        try:
            with transaction.atomic():
                return super().changeform_view(request, *args, **kwargs)
        except IntegrityError as error:
            sentence = refusal_of(error)
            if sentence is None:
                raise
            self.message_user(request, sentence, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    @admin.action(description=_("Make a new version of it, to change"))
    def revise(self, request: HttpRequest, queryset: QuerySet[PackageVersion]) -> None:
        """What was sold stays as it is; its successor holds and needs the same, and can be changed."""
        for version in queryset:
            successor = sales.revise(version, by=request.user, now=timezone.now())  # type: ignore[arg-type]
            self.message_user(
                request, _("%(version)s can be changed until it is sold.") % {"version": successor}
            )


REFUSALS = {
    "sold_never_changed": _(
        "This version was sold meanwhile, so it stays as it is. Make a new version of it, to change."
    ),
    "one_seasonal_price_": _("There is a seasonal price for some of these days already."),
}
"""What the database says no to, by the constraint's name or how it begins."""


def refusal_of(error: IntegrityError) -> Any:
    """The sentence for what the database refused; None where that is an error of ours."""
    text = f"{getattr(getattr(error.__cause__, 'diag', None), 'constraint_name', '')} {error}"
    return next((sentence for name, sentence in REFUSALS.items() if name in text), None)


@admin.register(AddOn)
class AddOnAdmin(ConfigurationAdmin):
    list_display = ["__str__", "kind", "price", "branch", "is_active"]
    list_filter = ["kind", "is_active"]
    search_fields = NAMES
    fields = ["branch", "kind", *NAMES, "price", "extra_minutes", "position", "is_active"]


@admin.register(DiscountLimit)
class DiscountLimitAdmin(ConfigurationAdmin):
    """Without a row: managers everything, anybody else nothing."""

    list_display = ["branch", "role", "percent"]


@admin.register(Booking)
class BookingAdmin(ReadOnlyAdmin):
    list_display = ["number", "branch", "package_version", "sold_by", "state", "created_at"]
    list_filter = ["state"]
    search_fields = ["number"]


__all__ = ["admin_money", "admin_online", "admin_resources"]
