"""What a page kept while the network was gone comes in here; what does not fit is settled here (F9)."""

import json
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from studio.foundation import answers
from studio.foundation.access import roles
from studio.foundation.request import StudioRequest
from studio.staff.models.membership import SERVING
from studio.staff.views.who import asks_itself
from workflow import late_clashes, late_duties, late_words
from workflow.late_kept import MOST_AT_ONCE, Kept, Unreadable, key_of, read
from workflow.late_records import known, receive
from workflow.models import LateRecord, LateState
from workflow.refusals import Refused
from workflow.views import late_signing
from workflow.views.late_forms import SettleForm

LATELY = 20


@asks_itself
@roles(SERVING)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def late_records(request: StudioRequest) -> HttpResponse:
    """For pages: GET says that the house is there, and what time it is; POST enters what was kept."""
    now = timezone.now()
    if request.method != "POST":
        return JsonResponse({"now": now.isoformat(), "csrf": get_token(request), "actor": request.actor.pk})
    raw = records_in(request)
    if raw is None:
        return JsonResponse({"says": _("This could not be read."), "now": now.isoformat()}, status=422)
    signing = late_signing.Signing(request, now)
    said: list[dict[str, Any]] = []
    kept: list[Kept] = []
    before = known(key for one in raw if (key := known_key(one)))
    for one in raw:
        key = known_key(one)
        if key in before:
            said.append(again(request, before[key]))
            continue
        try:
            actor = signing.actor_of(one)
            kept.append(read(one, request.branch, actor=actor))
        except late_signing.NotSigned as unsigned:
            said.append({"key": str(key or ""), "state": "proof", **unsigned.asks})
        except Unreadable as error:
            said.append({"key": str(one.get("key", ""))[:40], "state": "refused", "says": str(error)})
    rows = receive(request.branch, kept, by=request.actor, now=now)
    return JsonResponse({"answers": said + [answer(row) for row in rows], "now": now.isoformat()})


def records_in(request: StudioRequest) -> list[dict[str, Any]] | None:
    try:
        found = json.loads(request.body).get("records")
    except (ValueError, AttributeError, RecursionError):
        return None
    if not isinstance(found, list) or len(found) > MOST_AT_ONCE:
        return None
    return [one for one in found if isinstance(one, dict)]


def known_key(one: dict[str, Any]) -> Any:
    try:
        return key_of(one)
    except Unreadable:
        return None


def again(request: StudioRequest, record: LateRecord) -> dict[str, Any]:
    """Sent a second time: the same answer, in the house in which it was entered."""
    if record.branch_id == request.branch.pk:
        return answer(record)
    return {"key": str(record.key), "state": "refused", "says": _("This order is not one of this branch.")}


def answer(record: LateRecord) -> dict[str, Any]:
    link = late_clashes.address(record) if record.state == LateState.CLASH else ""
    return {"key": str(record.key), "state": record.state, "says": late_words.said(record), "link": link}


# --- Settled ----------------------------------------------------------------------------------------
@roles(SERVING)
@require_safe
def late_clash_list(request: StudioRequest) -> HttpResponse:
    """What is open in the branch, and what was settled lately."""
    settled = LateRecord.objects.filter(branch=request.branch, state=LateState.SETTLED)
    context = {
        "rows": [late_duties.row(record) for record in late_clashes.of_branch(request.branch)],
        "settled": [
            late_duties.row(record)
            for record in settled.select_related(
                "actor", "settled_by", "work_order__booking__customer"
            ).order_by("-settled_at")[:LATELY]
        ],
    }
    return render(request, "workflow/late_list.html", context)


@roles(SERVING)
@require_http_methods(["GET", "POST"])
def late_clash(request: StudioRequest, pk: int) -> HttpResponse:
    """The two sides, and what is to stand."""
    found = LateRecord.objects.filter(branch=request.branch).exclude(state=LateState.CARRIED_OUT)
    record = get_object_or_404(
        found.select_related("actor", "settled_by", "branch", "work_order__booking__customer__owner"), pk=pk
    )
    record.work_order.branch = record.branch
    now = timezone.now()
    both = late_clashes.both(record)
    form = SettleForm(request.POST or None, can_be_pressed=both.can_be_pressed)
    context = {
        "both": both,
        "row": late_duties.row(record),
        "form": form,
        "may_settle": late_clashes.may_settle(request.actor, record, now=now),
    }
    if request.method == "GET":
        return render(request, "workflow/late_clash.html", context)
    if form.is_valid():
        chosen = form.cleaned_data
        try:
            late_clashes.settle(
                record, as_pressed=chosen["kept"] == "pressed", why=chosen["why"], by=request.actor, now=now
            )
        except Refused as refusal:
            form.add_error("why" if refusal.status == 422 else None, str(refusal))
        else:
            return redirect("workflow:late_clashes")
    return answers.invalid(request, "workflow/late_clash.html", context)
