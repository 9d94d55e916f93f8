from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OutboxConfig(AppConfig):
    name = "studio.outbox"
    label = "outbox"
    verbose_name = _("Messages")

    def ready(self) -> None:
        from studio.outbox import checks  # noqa: F401

        self.register_bell()
        self.register_test_message()
        self.register_health()

    def register_health(self) -> None:
        from django.db.models.signals import post_save

        from studio.outbox import health
        from studio.outbox.models import Gateway

        post_save.connect(health.forget_rest, sender=Gateway, dispatch_uid="outbox.health")

    def register_bell(self) -> None:
        from studio.outbox import alarms, watching
        from studio.outbox.alert_words import alert_kinds
        from studio.outbox.health import gateway_changes
        from studio.outbox.purposes import Planner, planners, purposes
        from studio.staff.duties import duties

        for name, kind in watching.KINDS.items():
            alert_kinds.register(name, kind)
        gateway_changes.register("bell", watching.follow_gateway)
        planners.register("watching", Planner(watching.watch.plan))
        purposes.register(alarms.BY_DAY, alarms.by_day)
        purposes.register(alarms.ANY_HOUR, alarms.any_hour)
        duties.register("standstill", watching.STANDSTILL)

    def register_test_message(self) -> None:
        from studio.outbox import testing
        from studio.outbox.purposes import purposes

        purposes.register(testing.PURPOSE, testing.purpose)
