from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WorkflowConfig(AppConfig):
    name = "workflow"
    verbose_name = _("Workflow")

    def ready(self) -> None:
        """What the apps below learn of the workflow, one block for each of its parts."""
        self.register_front()
        self.register_orders()
        self.register_calls()
        self.register_day()

    def register_front(self) -> None:
        from customers.registries import timeline_sources
        from studio.staff.duties import duties
        from workflow import front_duties, visit_history

        timeline_sources.register("visits", visit_history.of_customer)
        duties.register("rotation", front_duties.ROTATION)
        duties.register("visits", front_duties.VISITS)

    def register_orders(self) -> None:
        from bookings.registries import facts
        from customers.registries import timeline_sources
        from studio.outbox.purposes import planners
        from studio.staff.duties import duties
        from workflow import duties as orders
        from workflow import readiness, stages, timeline

        facts.register("work_order", stages.follow_facts)
        timeline_sources.register("workflow", timeline.of_customer)
        planners.register("readiness", readiness.plan)
        duties.register("not_ready", orders.NOT_READY)
        duties.register("promises", orders.PROMISES)
        duties.register("deliveries", orders.DELIVERIES)

    def register_calls(self) -> None:
        from bookings.registries import facts
        from customers.registries import timeline_sources
        from studio.outbox.purposes import planners, purposes
        from studio.staff.duties import duties
        from workflow import call_history, call_lists, outdated, reminder_message, reminders

        facts.register("calls", outdated.follow_facts)
        timeline_sources.register("calls", call_history.of_customer)
        planners.register("reminders", reminders.plan)
        purposes.register(reminder_message.PURPOSE, reminder_message.purpose)
        duties.register("calls", call_lists.CALLS)

    def register_day(self) -> None:
        from studio.staff.duties import duties
        from workflow import day_duties

        duties.register("offered", day_duties.OFFERED)
        duties.register("with_me", day_duties.WITH_ME)
        duties.register("arrivals", day_duties.ARRIVALS)
        duties.register("not_shot", day_duties.NOT_SHOT)
