"""Screens that several share, for tests."""

import re
from types import SimpleNamespace
from typing import Any

from django.test import Client

PIN = "2580"


def give_pins(*people: Any, pin: str = PIN) -> None:
    for person in people:
        person.set_pin(pin)
        person.save(update_fields=["pin"])


def stands_in(client: Client, department: Any) -> Client:
    """The screen of this client stands in the department from now on."""
    answer = client.post("/actor/", {"screen": "1", "department": department.pk})
    assert answer.status_code == 302, answer.content.decode()
    return client


def pressed(act: str, row: Any, **more: Any) -> dict[str, Any]:
    """What the button `act` of a card sends; `row` is a `workflow.house.Care`."""
    said = {"act": act, "members": [member.pk for member in row.members]}
    if row.hand_offs:
        said["hand_off"] = [hand_off.pk for hand_off in row.hand_offs]
    return said | more


def words(answer: Any) -> str:
    """A page's text without its tags, on one line."""
    text = re.sub(r"<(script|style|head)\b.*?</\1>", " ", answer.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)).replace("&#x27;", "'")


def screens_of(shop: SimpleNamespace, sign_in: Any) -> SimpleNamespace:
    """A tablet in each department, signed in by somebody of it."""
    give_pins(shop.owner, shop.colleague, shop.artist, shop.photographer)
    return SimpleNamespace(
        desk=stands_in(sign_in(shop.owner), shop.front_desk),
        styling=stands_in(sign_in(shop.artist), shop.styling),
        shooting=stands_in(sign_in(shop.photographer), shop.shooting),
    )
