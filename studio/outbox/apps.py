from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "studio.outbox"
    label = "outbox"
    verbose_name = "Messages"

    def ready(self) -> None:
        from studio.outbox import checks  # noqa: F401
