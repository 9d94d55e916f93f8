"""What a page keeps while the network is gone, as it sends it."""

import json
import uuid
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from django.test import Client

from studio.staff.models import User
from workflow import late_kept, late_records
from workflow.models import LateRecord, WorkOrder

HERE = "/late-records/"


def raw(order: WorkOrder, kind: str, at: datetime, **fields: Any) -> dict[str, Any]:
    """One record as a page keeps it; `members` and the like are rows."""
    return {
        "key": str(uuid.uuid4()),
        "kind": kind,
        "order": str(order.pk),
        "at": at.isoformat(),
        "fields": {
            name: [str(getattr(one, "pk", one)) for one in many(value)] for name, value in fields.items()
        },
    }


def many(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def kept(
    order: WorkOrder, kind: str, at: datetime, *, actor: User, shop: SimpleNamespace, **fields: Any
) -> late_kept.Kept:
    return late_kept.read(raw(order, kind, at, **fields), shop.branch, actor=actor)


def press(
    order: WorkOrder,
    kind: str,
    at: datetime,
    *,
    actor: User,
    shop: SimpleNamespace,
    now: datetime,
    **fields: Any,
) -> LateRecord:
    """Pressed without network at `at`, received at `now`."""
    one = kept(order, kind, at, actor=actor, shop=shop, **fields)
    return late_records.receive(shop.branch, [one], by=actor, now=now)[0]


def send(client: Client, *records: dict[str, Any]) -> Any:
    return client.post(HERE, json.dumps({"records": list(records)}), content_type="application/json")


def answers(client: Client, *records: dict[str, Any]) -> list[dict[str, Any]]:
    response = send(client, *records)
    assert response.status_code == 200, response.content
    found: list[dict[str, Any]] = response.json()["answers"]
    return found
