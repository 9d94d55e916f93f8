"""What unhappy customers put on the managers' day, and the words of its events."""

from django.utils.translation import gettext_lazy as _

from complaints import recovery
from studio.staff.duties import Duty
from studio.staff.models.membership import MANAGERS

UNHAPPY = Duty(
    title=_("They left unhappy"),
    template="complaints/_duty.html",
    roles=frozenset(MANAGERS),
    items=recovery.of_managers,
    icon="frown",
    order=10,
    link="complaints:list",
)

KINDS = {"recovered": _("A manager gave their word on how the unhappy customer was won back")}
ICONS = {"recovered": "heart-handshake"}
