"""Where gateways report. Programs come here, not people: JSON, no cookie, no page."""

import re
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from studio.foundation.access import public
from studio.outbox import receipts, reported
from studio.outbox.gateways.webhook import SIGNATURE, TIMESTAMP
from studio.outbox.models import Gateway, GatewayKind

LONGEST = 64_000
FORBIDDEN = "Not signed by this gateway just now."


@csrf_exempt
@public
@require_POST
def signed(request: HttpRequest, pk: int) -> JsonResponse:
    """Reports of a signed webhook. A gateway that there is not, one that reports nothing and a wrong or old
    signature are answered alike."""
    if is_too_long(request):
        return refused("At most 64 kB at once.", 413)
    now, body = timezone.now(), request.body
    gateway = gateway_of(pk, GatewayKind.WEBHOOK)
    stamp, signature = request.headers.get(TIMESTAMP, ""), request.headers.get(SIGNATURE, "")
    if not reported.is_signed(gateway, stamp, signature, body, now) or gateway is None:
        return refused(FORBIDDEN, 403)
    try:
        said = reported.of_webhook(body)
    except reported.Unreadable as reason:
        return refused(str(reason), 422)
    return JsonResponse({"ignored": receipts.take(gateway, said, now)})


@csrf_exempt
@public
@require_POST
def by_address(request: HttpRequest, pk: int, token: str) -> JsonResponse:
    """Reports of a provider, whose address says that it was told by us."""
    if is_too_long(request):
        return refused("At most 64 kB at once.", 413)
    gateway = gateway_of(pk, *reported.ANSWERS)
    if not reported.is_token(gateway, token) or gateway is None:
        return refused(FORBIDDEN, 403)
    try:
        said = reported.READERS[gateway.kind](request.body)
    except reported.Unreadable as reason:
        return refused(str(reason), 422)
    left_aside = receipts.take(gateway, said, timezone.now())
    if left_aside and gateway.kind == GatewayKind.TENCENT:
        # It names a message by its own number, which we learn from its answer: it may be a moment early.
        return JsonResponse({"result": 1, "errmsg": "not known yet"})
    return JsonResponse(reported.ANSWERS[gateway.kind])


def gateway_of(pk: int, *kinds: str) -> Gateway | None:
    """Switched off ones too: what they took before they still report on."""
    return Gateway.objects.filter(pk=pk, kind__in=kinds).select_related("branch").first()


def is_too_long(request: HttpRequest) -> bool:
    length: Any = request.META.get("CONTENT_LENGTH") or "0"
    return not re.fullmatch(r"[0-9]{1,9}", str(length)) or int(length) > LONGEST


def refused(why: str, status: int) -> JsonResponse:
    return JsonResponse({"error": why}, status=status)
