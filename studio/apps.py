"""The settings area takes the place of Django's own admin site."""

from django.contrib.admin.apps import AdminConfig


class StudioAdminConfig(AdminConfig):
    default_site = "studio.admin.StudioAdminSite"
