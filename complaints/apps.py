from django.apps import AppConfig


class ComplaintsConfig(AppConfig):
    name = "complaints"
    verbose_name = "Complaints"

    def ready(self) -> None:
        """The gate before closing, the duties, the bell, and its events on the timeline of the order."""
        from complaints import alarms, recovery
        from complaints import duties as own
        from studio.outbox.alerts import alert_kinds
        from studio.outbox.purposes import Planner, planners
        from studio.staff.duties import duties
        from workflow import timeline
        from workflow.departures import departures
        from workflow.gates import gates

        gates.register("unhappy", recovery.GATE)
        departures.register("unhappy", recovery.open_at_once)
        duties.register("unhappy", own.UNHAPPY)
        duties.register("unhappy_mine", own.MINE)
        for name, kind in alarms.KINDS.items():
            alert_kinds.register(name, kind)
        planners.register("recoveries", Planner(recovery.overdue, every=60))
        timeline.KINDS.update(own.KINDS)
        timeline.ICONS.update(own.ICONS)
