"""How the timeline tells that a sheet was entered from paper (F9): by whom, and on behalf of whom."""

from django.utils.translation import gettext as _

from studio.staff.models import User
from workflow.lines import listed
from workflow.models import WorkOrderEvent


def entered_sentence(event: WorkOrderEvent) -> str:
    signers = User.objects.filter(pk__in=event.parameters.get("signers", [])).order_by("display_name")
    words = {"names": listed(user.spoken_name for user in signers)}
    return _("The sheet was entered from paper, as signed by %(names)s") % words


KINDS = {"paper_entered": entered_sentence}
ICONS = {"paper_entered": "file-pen-line"}
