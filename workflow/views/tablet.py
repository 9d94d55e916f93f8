"""The page of a department (R5): who is brought, who is here, three large buttons for what comes next."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from studio.foundation import answers
from studio.foundation.access import roles
from studio.foundation.request import StudioRequest
from studio.staff import badges, screens
from studio.staff.models import Department, Membership
from studio.staff.models.branch import DepartmentKind
from studio.staff.models.membership import SERVING
from studio.staff.views.who import asks_itself
from workflow import hand_words, presses, tablet
from workflow.hand_checks import works_in
from workflow.models import HandOff
from workflow.refusals import Refused
from workflow.views.day_forms import OFF_STAGE


@roles(SERVING)
@require_safe
def home(request: StudioRequest) -> HttpResponse:
    """The department in which this screen stands, or one's own; who has none looks at the front desk."""
    department = request.screen or request.membership.department
    if department is None or department.kind in OFF_STAGE:
        department = request.branch.departments.filter(kind=DepartmentKind.FRONT_DESK).first()
    if department is None:
        return render(request, "workflow/tablet_none.html")
    return shown(request, department)


@roles(SERVING)
@require_safe
def of_department(request: StudioRequest, pk: int) -> HttpResponse:
    return shown(request, department_or_404(request, pk))


def department_or_404(request: StudioRequest, pk: int) -> Department:
    rows = request.branch.departments.exclude(kind__in=OFF_STAGE).select_related("branch")
    return get_object_or_404(rows, pk=pk)


def shown(
    request: StudioRequest, department: Department, *, wrong: str = "", typed: str = "", status: int = 200
) -> HttpResponse:
    department.branch = request.branch
    context = context_of(request, department) | {"wrong": wrong, "typed": typed}
    return answers.page(
        request, "workflow/tablet.html", context, fragment="workflow/_tablet.html", status=status
    )


def context_of(request: StudioRequest, department: Department) -> dict[str, Any]:
    now = timezone.now()
    reader = None if request.screen is not None else request.actor
    return {
        "page": tablet.page(department, reader=reader, now=now),
        "department": department,
        "departments": list(request.branch.departments.exclude(kind__in=OFF_STAGE)),
        "places": tablet.places(request.branch),
        "escorts": tablet.escorts(department, now=now),
        "back": f"tablet-{department.pk}",
        "now": now,
        "words": words_of(request),
    }


def words_of(request: StudioRequest) -> hand_words.Words | None:
    """What who just took over says now."""
    said = request.GET.get("said", "")
    if not (said.isascii() and said.isdigit() and len(said) < 12):
        return None
    rows = HandOff.objects.filter(work_order__branch=request.branch, receiver__isnull=False)
    hand_off = rows.filter(pk=int(said)).first()
    return hand_words.of(hand_off) if hand_off else None


# --- The scan of a badge --------------------------------------------------------------------------
@asks_itself
@roles(SERVING)
@require_POST
def scans(request: StudioRequest, pk: int) -> HttpResponse:
    """A badge gives and takes at once where exactly one party is meant, else asks which. Whatever else was
    scanned is looked for."""
    department = department_or_404(request, pk)
    text, now = request.POST.get("scan", "")[:300], timezone.now()
    if not badges.code_in(text):
        return looked_for(request, department, text)
    place = badges.bearer(text, branch=request.branch, now=now)
    if place is None:
        wrong = _("This is no badge of ours that is still good. Choose yourself instead.")
        return shown(request, department, wrong=wrong, status=422)
    if request.screen is None and place.user_id != request.actor.pk:
        return redirect("workflow:badge", badges.code_in(text))
    there = where(place, department)
    cards = tablet.meant_for(place.user, there, now=now) if there else []
    if len(cards) == 1 and there:
        return taken(request, cards[0], place, there)
    if not cards:
        wrong = _("Nobody is being brought to %(name)s now.") % {"name": place.user.spoken_name}
        return shown(request, department, wrong=wrong, status=422)
    return which(request, cards, place, there, department)


def looked_for(request: StudioRequest, department: Department, text: str) -> HttpResponse:
    """The number of an order, from its sheet."""
    words = text.strip().rstrip("/").rsplit("/", 1)[-1]
    if words:
        return redirect(f"{reverse('desk:search')}?q={words[:40]}")
    return shown(request, department, wrong=_("Scan a badge."), status=422)


def where(place: Membership, department: Department) -> Department | None:
    """In which department the bearer takes over: here, or in their own."""
    if works_in(place.user, department, now=timezone.now()):
        return department
    return place.department


def taken(request: StudioRequest, card: tablet.Card, place: Membership, there: Department) -> HttpResponse:
    pressed = presses.Pressed(order=card.care.order, members=card.care.members, to=there)
    try:
        rows = presses.press("together", pressed, by=place.user, now=timezone.now())
    except Refused as refusal:
        context = {"sentence": str(refusal), "order": card.care.order, "back": reverse("workflow:tablet")}
        return render(request, "workflow/day_refused.html", context, status=refusal.status)
    said = f"?said={rows[0].pk}" if rows else ""
    return redirect(reverse("workflow:tablet_of", args=[request.resolver_match.kwargs["pk"]]) + said)  # type: ignore[union-attr]


def which(
    request: StudioRequest,
    cards: list[tablet.Card],
    place: Membership,
    there: Department | None,
    department: Department,
) -> HttpResponse:
    """Several may be meant: one press more, signed by the scan a moment ago."""
    context = {
        "cards": cards,
        "bearer": place.user,
        "there": there,
        "department": department,
        "signature": screens.signature(place.user, request.session.session_key),
        "back": f"tablet-{department.pk}",
    }
    return render(request, "workflow/tablet_which.html", context)
