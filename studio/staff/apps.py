from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StaffConfig(AppConfig):
    name = "studio.staff"
    label = "staff"
    verbose_name = _("Colleagues and branches")

    def ready(self) -> None:
        from studio.staff import deputising, leave_duties
        from studio.staff.duties import duties
        from studio.staff.leaving import estates

        estates.register("deputising", deputising.DEPUTISING)
        duties.register("leave_requests", leave_duties.REQUESTS)
        duties.register("hand_overs", leave_duties.HAND_OVERS)
        duties.register("digests", leave_duties.DIGESTS)
