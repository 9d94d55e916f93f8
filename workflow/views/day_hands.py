"""One press at a hand-off, and the words to say after it (R5.1, R5.3)."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from studio.foundation.access import roles
from studio.foundation.request import StudioRequest
from studio.staff.models.membership import SERVING
from studio.staff.views.who import signs
from workflow import hand_words, presses
from workflow.models import HandOff, WorkOrder
from workflow.refusals import Refused
from workflow.views.day import TABLET, order_or_404, refused, tablet_of, way_back, wrong
from workflow.views.day_hands_forms import PressForm


@signs
@roles(SERVING)
@require_POST
def hands(request: StudioRequest, pk: int) -> HttpResponse:
    """A button on a card: what is done says `act`, by whom says `signs`."""
    order = order_or_404(request, pk)
    form = PressForm(request.POST, order=order)
    if not form.is_valid():
        return wrong(request, order)
    signer = request.actor if request.screen is not None else None
    act = form.cleaned_data["act"]
    try:
        rows = presses.press(act, form.pressed(escort=signer), by=request.actor, now=timezone.now())
    except Refused as refusal:
        return refused(request, refusal, order)
    return say(request, order, act, rows)


def say(request: StudioRequest, order: WorkOrder, act: str, rows: list[HandOff]) -> HttpResponse:
    """Back to where the button stood; who took over reads first what to say now."""
    if rows and hand_words.are_many(rows[0]):
        words = reverse("workflow:hand_off_words", args=[rows[0].pk])
        if request.POST.get("back", "").startswith(TABLET):
            return redirect(f"{tablet_of(request)}?said={rows[0].pk}")
        return redirect(f"{words}?back={request.POST.get('back', '')[:10]}")
    messages.success(request, hand_words.said(act, request.actor))
    return redirect(way_back(request, order))


@roles(SERVING)
@require_safe
def words(request: StudioRequest, pk: int) -> HttpResponse:
    """Say this now: the answer to who brought them, oneself and the assistant to the guests (R5.3)."""
    rows = HandOff.objects.filter(work_order__branch=request.branch, receiver__isnull=False)
    hand_off = get_object_or_404(rows, pk=pk)
    back = {"today": "/", "house": "/house/"}.get(request.GET.get("back", ""))
    context = {"words": hand_words.of(hand_off), "back": back}
    return render(request, "workflow/hand_off_words.html", context)
