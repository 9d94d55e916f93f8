"""The settings area: Django's admin, for configuration only, behind our own sign-in."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from studio.staff.configuration import ConfigurationAdmin
from studio.staff.models.membership import CONFIGURES


class StudioAdminSite(admin.AdminSite):
    """Open to administrators and general managers. A colleague who acts by PIN never gets in here."""

    site_header = "Shouwen 首问"
    site_title = _("Settings")
    index_title = _("Settings")
    site_url = "/"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.login = secure_admin_login(self.login)  # type: ignore[method-assign]

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """What libraries register of their own (groups, e-mail addresses, sessions) has no place here."""
        models = [model_or_iterable] if isinstance(model_or_iterable, type) else list(model_or_iterable)
        ours = [model for model in models if issubclass(admin_class or admin.ModelAdmin, ConfigurationAdmin)]
        super().register(ours, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        membership = getattr(request, "membership", None)
        return (
            request.user.is_active
            and membership is not None
            and getattr(request, "actor", None) == request.user
            and membership.role in CONFIGURES
        )
