from django.apps import AppConfig


class StaffConfig(AppConfig):
    name = "studio.staff"
    label = "staff"
    verbose_name = "Staff"
