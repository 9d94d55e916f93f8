"""The list of the branch's customers: searched, mine or all, page by page."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from customers.finding import elsewhere, find_by_number, matching, query_of
from customers.models import Customer
from studio.foundation.access import has_role, roles
from studio.foundation.request import StudioRequest
from studio.staff.duties import stands_in_for
from studio.staff.models.membership import FRONT, MANAGERS, SERVING

PER_PAGE = 30
MOST_NUMBERS = 12


@roles(SERVING)
@require_safe
def listing(request: StudioRequest) -> HttpResponse:
    """Filters live in the address: `q` searches; `whose=mine` leaves one's own, deputies included."""
    query = query_of(request.GET.get("q", ""))
    found = matching(query, branch=request.branch) if query else Customer.objects.in_branch(request.branch)
    mine = request.GET.get("whose") == "mine" and has_role(request, FRONT)
    if mine:
        day = request.branch.today(timezone.now())
        found = found.owned_by(
            stands_in_for(request.actor, branch=request.branch, day=day) or [request.actor]
        )
    page = Paginator(found.active().for_list(), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "q": query,
        "mine": mine,
        "is_front": has_role(request, FRONT),
        "manages": has_role(request, MANAGERS),
    }
    return render(request, "customers/list.html", context)


@roles(FRONT)
@require_safe
def number(request: StudioRequest) -> HttpResponse:
    """Whose numbers are these, of the form for a new file? A known customer shows with the owner; of another
    branch's only the owner and the place (F8)."""
    typed = list(dict.fromkeys(filter(None, map(str, request.GET.values()))))[:MOST_NUMBERS]
    known = [file for text in typed if (file := find_by_number(text, branch=request.branch))]
    others = [found for text in typed if (found := elsewhere(text, branch=request.branch))]
    context = {"known": known, "elsewhere": [] if known else others}
    return render(request, "customers/number.html", context)
