from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StaffConfig(AppConfig):
    name = "studio.staff"
    label = "staff"
    verbose_name = _("Colleagues and branches")

    def ready(self) -> None:
        from studio.staff import deputising
        from studio.staff.leaving import estates

        estates.register("deputising", deputising.DEPUTISING)
