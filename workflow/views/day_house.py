"""In the house: the board of who serves, and the screen on the wall."""

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from studio.foundation import answers
from studio.foundation.access import roles
from studio.foundation.request import StudioRequest
from studio.staff.models.membership import MANAGERS, SERVING
from workflow import house_board


@roles(SERVING)
@require_safe
def house(request: StudioRequest) -> HttpResponse:
    """Everybody in the house, refreshed by itself; shows no face to lose (R9.9).

    A screen that has seen this very state gets an empty answer: nothing on it is touched.
    """
    now = timezone.now()
    seen = request.GET.get("mark", "")
    if request.htmx and seen and seen == house_board.mark(request.branch, now=now):
        return HttpResponse(status=204)
    context = {
        "board": house_board.board(request.branch, now=now),
        "now": now,
        "is_wall": "wall" in request.GET,
        "managers": MANAGERS,
    }
    fragment = "workflow/_house_wall.html" if context["is_wall"] else "workflow/_house.html"
    return answers.page(request, "workflow/house.html", context, fragment=fragment)
