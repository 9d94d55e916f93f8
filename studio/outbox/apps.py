from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OutboxConfig(AppConfig):
    name = "studio.outbox"
    label = "outbox"
    verbose_name = _("Messages")

    def ready(self) -> None:
        from studio.outbox import checks  # noqa: F401
