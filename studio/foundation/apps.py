from django.apps import AppConfig


class FoundationConfig(AppConfig):
    name = "studio.foundation"
    label = "foundation"
    verbose_name = "Foundation"
