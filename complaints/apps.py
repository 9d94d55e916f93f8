from django.apps import AppConfig


class ComplaintsConfig(AppConfig):
    name = "complaints"
    verbose_name = "Complaints"

    def ready(self) -> None:
        """The gate before closing, the managers' duty, and its events on the timeline of the order."""
        from complaints import duties as own
        from complaints import recovery
        from studio.staff.duties import duties
        from workflow import timeline
        from workflow.departures import departures
        from workflow.gates import gates

        gates.register("unhappy", recovery.GATE)
        departures.register("unhappy", recovery.open_at_once)
        duties.register("unhappy", own.UNHAPPY)
        timeline.KINDS.update(own.KINDS)
        timeline.ICONS.update(own.ICONS)
