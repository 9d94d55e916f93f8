"""The board (订单进度), and the orders that are closed."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from studio.foundation.access import has_role, roles
from studio.foundation.answers import page
from studio.foundation.request import StudioRequest
from studio.staff.duties import stands_in_for
from studio.staff.models import User
from studio.staff.models.membership import FRONT, SERVING
from workflow import board
from workflow.models import Stage
from workflow.views.orders_forms import BoardFilter

PAGE = 30


def owners(request: StudioRequest, whose: str) -> list[User] | None:
    """Whose customers: one's own and those of the colleagues that one stands in for; None: everybody's."""
    if whose != "mine":
        return None
    return stands_in_for(request.actor, branch=request.branch, day=request.branch.today(timezone.now())) or [
        request.actor
    ]


@roles(SERVING)
@require_safe
def board_page(request: StudioRequest) -> HttpResponse:
    """Open work orders by stage, each with what it lacks; the filter lives in the address."""
    form = BoardFilter(request.GET)
    chosen = form.chosen()
    now, branch = timezone.now(), request.branch
    stage = Stage(chosen["stage"]) if chosen["stage"] else None
    orders = board.orders_of(branch, owners=owners(request, chosen["whose"]), text=chosen["q"])
    columns = board.columns(orders, branch=branch, now=now, stage=stage)
    context = {
        "form": form,
        "chosen": chosen,
        "columns": columns,
        "stage": stage,
        "total": sum(column.count for column in columns),
        "has_own": has_role(request, FRONT),
        "now": now,
    }
    return page(request, "workflow/board.html", context, fragment="workflow/_board.html")


@roles(SERVING)
@require_safe
def closed(request: StudioRequest) -> HttpResponse:
    """The closed orders, the last one first."""
    form = BoardFilter(request.GET)
    chosen = form.chosen()
    orders = board.closed(request.branch, owners=owners(request, chosen["whose"]), text=chosen["q"])
    context = {
        "form": form,
        "chosen": chosen,
        "page_obj": Paginator(orders, PAGE).get_page(request.GET.get("page")),
        "has_own": has_role(request, FRONT),
    }
    return render(request, "workflow/board_closed.html", context)
