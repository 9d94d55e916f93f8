"""How each kind of gateway writes its reports, and how it signs them.

Our own signed webhook: the time and HMAC over time and body, as we sign what we send it. The providers sign
nothing: their address carries a token instead, made from the secret of the receipts.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from studio.outbox.gateways.webhook import signature
from studio.outbox.models import Gateway, GatewayKind, ReceiptStatus
from studio.outbox.receipts import Report, Stop
from studio.outbox.registries import means_stop

WINDOW = timedelta(minutes=5)
MOST_AT_ONCE = 500
CHINA = ZoneInfo("Asia/Shanghai")
STATUSES = {status.value: status for status in ReceiptStatus}


class Unreadable(Exception):
    """Not what the contract says: the words tell the gateway's programmer where."""


def token_of(gateway: Gateway) -> str:
    """What the address of this gateway's reports ends in."""
    said = f"receipts of gateway {gateway.pk}"
    return hmac.new(gateway.callback_secret.encode(), said.encode(), hashlib.sha256).hexdigest()[:40]


def is_token(gateway: Gateway | None, token: str) -> bool:
    """Takes as long for a gateway that there is not."""
    known = gateway or Gateway(pk=0, callback_secret="nobody")
    return hmac.compare_digest(token_of(known).encode(), token.encode("utf-8", "replace")) and bool(
        gateway is not None and gateway.callback_secret
    )


def is_signed(gateway: Gateway | None, timestamp: str, signed: str, body: bytes, now: datetime) -> bool:
    """By this gateway's secret and just now. Takes as long for a gateway that there is not."""
    secret = gateway.callback_secret if gateway is not None else ""
    mine = signature(secret or "nobody", timestamp, body)
    is_mine = hmac.compare_digest(mine.encode(), signed.encode("utf-8", "replace"))
    if not secret or not is_mine or not (timestamp.isascii() and timestamp.isdigit()):
        return False
    return len(timestamp) <= 12 and abs(now.timestamp() - int(timestamp)) <= WINDOW.total_seconds()


def loaded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as reason:
        raise Unreadable("The body is not JSON.") from reason


def of_webhook(body: bytes) -> list[Report | Stop]:
    said = loaded(body)
    rows = said.get("reports") if isinstance(said, dict) else None
    return known(row_of_webhook(row) for row in checked(rows))


def row_of_webhook(row: Mapping[str, Any]) -> Report | Stop | None:
    status = text(row, "status")
    if status == "stop" or (status == "reply" and means_stop(text(row, "text"))):
        return Stop(text(row, "from"))
    if status == "reply":
        return None
    if status not in STATUSES:
        raise Unreadable("A report's status is delivered, undelivered, stop or reply.")
    try:
        at = datetime.fromisoformat(text(row, "at"))
    except ValueError as reason:
        raise Unreadable("A report's time is written as 2026-11-22T14:00:00+08:00.") from reason
    if at.tzinfo is None:
        raise Unreadable("A report's time names its zone.")
    if not text(row, "report") or not text(row, "key"):
        raise Unreadable("A report has a name of its own and the key of its message.")
    return Report(
        name=text(row, "report"),
        key=text(row, "key"),
        status=STATUSES[status],
        at=utc(at),
        detail=text(row, "reason"),
    )


def of_aliyun(body: bytes) -> list[Report | Stop]:
    """`SmsReport` and, where somebody answered, `SmsUp`: the same address takes both."""
    return known(row_of_aliyun(row) for row in checked(loaded(body)))


def row_of_aliyun(row: Mapping[str, Any]) -> Report | Stop | None:
    if "content" in row and "success" not in row:
        return answered(text(row, "content"), "86", text(row, "phone_number"))
    status = ReceiptStatus.DELIVERED if row.get("success") is True else ReceiptStatus.UNDELIVERED
    when = text(row, "report_time") or text(row, "send_time")
    return Report(
        name=name_of(text(row, "biz_id"), text(row, "out_id"), status, when),
        key=text(row, "out_id"),
        status=status,
        at=in_china(when),
        detail=f"{text(row, 'err_code')} {text(row, 'err_msg')}".strip(),
    )


def of_tencent(body: bytes) -> list[Report | Stop]:
    """A list of reports; or one answer of somebody, by itself."""
    said = loaded(body)
    if isinstance(said, dict) and "text" in said:
        return known([answered(text(said, "text"), text(said, "nationcode"), text(said, "mobile"))])
    return known(row_of_tencent(row) for row in checked(said))


def row_of_tencent(row: Mapping[str, Any]) -> Report:
    is_there = row.get("report_status") == "SUCCESS"
    status = ReceiptStatus.DELIVERED if is_there else ReceiptStatus.UNDELIVERED
    when = text(row, "user_receive_time")
    return Report(
        name=name_of(text(row, "sid"), status, when),
        reference=text(row, "sid"),
        status=status,
        at=in_china(when),
        detail=f"{text(row, 'errmsg')} {text(row, 'description')}".strip(),
    )


READERS: dict[str, Callable[[bytes], list[Report | Stop]]] = {
    GatewayKind.WEBHOOK: of_webhook,
    GatewayKind.ALIYUN: of_aliyun,
    GatewayKind.TENCENT: of_tencent,
}
ANSWERS: dict[str, Mapping[str, Any]] = {
    GatewayKind.ALIYUN: {"code": 0, "msg": "OK"},
    GatewayKind.TENCENT: {"result": 0, "errmsg": "OK"},
}
"""What each provider wants to hear; anything else, and it reports again."""


def known(rows: Iterable[Report | Stop | None]) -> list[Report | Stop]:
    return [row for row in rows if row is not None]


def answered(words: str, country: str, number: str) -> Stop | None:
    """Only “stop” is of use here; what else people answer stays with the provider."""
    figures = number.removeprefix("+").removeprefix("00")
    if not figures.isascii() or not figures.isdigit() or not means_stop(words):
        return None
    is_whole = number.startswith(("+", "00")) or (country == "86" and len(figures) > 11)
    return Stop(f"+{figures}" if is_whole else f"+{country.removeprefix('+')}{figures}")


def checked(rows: Any) -> Iterator[Mapping[str, Any]]:
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Unreadable("The reports are a list of objects.")
    if len(rows) > MOST_AT_ONCE:
        raise Unreadable(f"At most {MOST_AT_ONCE} reports at once.")
    yield from rows


def text(row: Mapping[str, Any], name: str) -> str:
    """A field as one line that the database takes."""
    value = row.get(name)
    if value is None or isinstance(value, dict | list):
        return ""
    return "".join(one for one in str(value) if one.isprintable())[:300].strip()


def name_of(*parts: str) -> str:
    """These providers give their reports no names: what they say is the name."""
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[:60]


def in_china(when: str) -> datetime:
    try:
        return utc(datetime.strptime(when, "%Y-%m-%d %H:%M:%S").replace(tzinfo=CHINA))
    except ValueError as reason:
        raise Unreadable("A report's time is written as 2026-11-22 14:00:00.") from reason


def utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError as reason:
        raise Unreadable("A report's time lies beyond all time.") from reason
