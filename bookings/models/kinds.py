"""What a customer comes for."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class AppointmentKind(models.TextChoices):
    CONSULT = "consult", _("consultation")
    FITTING = "fitting", _("fitting")
    SHOOT = "shoot", _("shoot")
    SELECTION = "selection", _("selection")
    LAYOUT = "layout", _("layout approval")
    PICKUP = "pickup", _("pickup")
    WEDDING = "wedding", _("wedding-day service")
