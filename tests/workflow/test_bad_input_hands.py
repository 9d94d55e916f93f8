"""The pages of the hands, of the sheet and of a broken day take anything: a sentence or “not found”, never an error."""

import importlib
import pkgutil
import uuid
from datetime import timedelta

import pytest
from django import forms

from tests.workflow.broken import BrokenDay
from tests.workflow.shoots import arrived, party
from workflow import undone, views
from workflow.late_kept import KINDS
from workflow.models import DisruptedDate
from workflow.models.care import CareKind
from workflow.models.disruption import PlanB, WeatherDecision
from workflow.presses import ACTS

HOUR = timedelta(hours=1)
VALUES = ["a\x00b", "9" * 20_000, "-1", str(10**30), "9999-12-31T23:59", "0001-01-01", "\u202e1e999", ""]
MORE = {
    "back", "day", "decision", "kind", "mark", "members", "note", "other", "price", "said", "scan", "selection",
    "starts_at", "submission", "version", "look", "more", "act", "hand_off", "who", "pin", "department", "to", "on",
    "span", "from", "until", "what", "page", "form-TOTAL_FORMS", "form-INITIAL_FORMS", "overtime", "send",
}  # fmt: skip
KNOWN = (
    "care",
    "day",
    "disruptions",
    "house_record",
    "late_records",
    "sheets",
    "standing",
    "tablet",
    "undone",
    "weather",
)


def fields() -> set[str]:
    """Every field of every form of these pages: a new one is tried by itself."""
    found = set(MORE)
    modules = [
        importlib.import_module(f"workflow.views.{one.name}") for one in pkgutil.iter_modules(views.__path__)
    ]
    modules.append(importlib.import_module("workflow.paper_forms"))
    for module in modules:
        for thing in vars(module).values():
            if isinstance(thing, type) and issubclass(thing, forms.Form):
                found |= set(thing.base_fields)
    return found | {f"form-0-{name}" for name in found} | {f"beside-{name}" for name in found}


FIELDS = fields()


def bad(value, **more):
    return dict.fromkeys(FIELDS, value) | more


def routes(name: str) -> list[str]:
    patterns = importlib.import_module(f"workflow.urls.{name}").urlpatterns
    return ["/" + str(one.pattern) for one in patterns]


ROUTES = [route for name in KNOWN for route in routes(name)]


@pytest.fixture
def house(shop, now):
    """A party in the house with an offer, something undone, a broken day to come."""
    order = arrived(shop, now=now - HOUR)
    row = undone.write_down(order, what="the dog", why="rain", by=shop.owner, now=now)
    broken = BrokenDay(shop, now)
    date = broken.date("9:00")
    disruption = broken.break_it()
    return {
        "orders": order.pk,
        "looks": order.looks.first().pk,
        "undone": row.pk,
        "lockers": 1,
        "appointments": date.pk,
        "disruptions": disruption.pk,
        "disrupted-dates": DisruptedDate.objects.first().pk,
        "tablet": shop.styling.pk,
        "party": party(order),
        "number": order.booking.number,
    }


def addresses(house) -> list[str]:
    found = []
    for route in ROUTES:
        first = route.split("/")[1]
        number = str(house.get(first, 1))
        found.append(
            route.replace("<int:pk>", number)
            .replace("<str:number>", house["number"])
            .replace("<str:code>", "nobody")
            .replace("<slug:what>", "gaps")
        )
    return found


@pytest.mark.parametrize("value", VALUES, ids=lambda value: ascii(value)[:20])
def test_pages_of_the_hands_take_anything(shop, sign_in, house, value):
    client = sign_in(shop.manager)
    for place in addresses(house):
        assert client.get(place, bad(value[:60])).status_code < 500, place
        assert client.post(place, bad(value)).status_code < 500, place


@pytest.mark.parametrize("value", VALUES, ids=lambda value: ascii(value)[:20])
def test_a_true_press_with_all_else_spoilt(shop, sign_in, house, value):
    """Behind the first check: the act is one of ours, and so are the members; what comes with it is not."""
    client = sign_in(shop.owner)
    order, date = f"/orders/{house['orders']}/", f"/appointments/{house['appointments']}/"
    members = [member.pk for member in house["party"]]
    tried = [(order + "hands/", {"act": act, "members": members}) for act in sorted(ACTS)]
    tried += [(order + "care/", {"kind": kind}) for kind in CareKind.values]
    tried += [(date + "weather/", {"plan_b": plan}) for plan in PlanB.values]
    tried += [(date + "weather/decision/", {"decision": said}) for said in WeatherDecision.values]
    tried += [(order + "hand-offs/", {"members": members}), (order + "arrival/", {"members": members})]
    tried += [
        (order + "departure/", {"members": members, "look": "1"}),
        (order + "sheet/paper/", {"more": "1"}),
    ]
    tried += [(order + "departure/", {"members": members})]
    tried += [(f"/undone/{house['undone']}/", {"way": way}) for way in ("date", "promise", "never")]
    for place, more in tried:
        assert client.post(place, bad(value) | more).status_code < 500, (place, more)


@pytest.mark.parametrize(
    "value",
    [*VALUES, None, [], {}, True, 1.5, 10**400, [[1]], {"a": 1}, [None]],
    ids=lambda value: ascii(value)[:20],
)
def test_what_a_page_kept_is_read_as_strictly(shop, sign_in, house, value, now):
    client = sign_in(shop.owner)
    value = value[:2000] if isinstance(value, str) else value  # more than a page may send at once is 400
    given = dict.fromkeys(("hand_off", "to", "look", "escort", "place", "why", "who", "pin"), value)
    members = [member.pk for member in house["party"]]
    at = (now - timedelta(minutes=10)).isoformat()
    records = [
        given
        | {"key": str(uuid.uuid4()), "kind": kind, "order": house["orders"], "at": at, "members": members}
        for kind in sorted(KINDS)
    ]
    records += [
        records[0] | {"key": str(uuid.uuid4()), name: value} for name in ("kind", "order", "at", "members")
    ]
    records += [records[0] | {"key": value}]
    answer = client.post("/late-records/", {"records": records}, "application/json")
    assert answer.status_code == 200
    assert len(answer.json()["answers"]) == len(records)
    for whole in (value, {"records": value}, {"records": [value]}):
        assert client.post("/late-records/", whole, "application/json").status_code in (200, 422)


@pytest.mark.parametrize("number", [0, 2**31, 2**63, 10**30])
def test_numbers_of_nothing_are_not_found(shop, sign_in, house, number):
    client = sign_in(shop.manager)
    numbered = [route for route in ROUTES if "<int:pk>" in route]
    for route in numbered:
        place = route.replace("<int:pk>", str(number))
        assert client.get(place).status_code in (404, 405), place
        assert client.post(place).status_code in (404, 405), place
