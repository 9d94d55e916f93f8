"""The manager changes the rules, and the clocks are wrong, while messages are due."""

from datetime import time as clock_time
from pathlib import Path

from tests.faults import stock
from tests.faults.house import House
from tests.faults.scenarios.registry import scenario
from tests.faults.verdict import Verdict
from workflow.models import ReminderRule


@scenario("a rule is changed, switched off and on again in mid-run")
def rule_changed(house: House) -> Verdict:
    """Saved as the admin saves it. What was carried out stays done; each date is reminded of once."""
    house.open()
    feeder = house.feed(house.count(300), seconds=8 * house.scale)
    rule = ReminderRule.objects.get(branch__code=stock.BRANCH)
    for at, active in ((2, True), (3, False), (4, True), (5, True)):
        house.go_on(1.5 * house.scale)
        rule.at, rule.is_active = clock_time(0, at), active
        rule.save()
        house.fault_is_over(excuses=active)
    dues = feeder.all()
    house.settle(dues)
    return house.verdict(dues)


def faketime() -> str:
    """The library that gives one program another clock; empty where there is none."""
    found = [*Path("/usr/lib").glob("**/faketime/libfaketimeMT.so.1")]
    return str(found[0]) if found else ""


def wrong_clock(house: House, offset: str) -> Verdict:
    """Only the worker's clock is wrong. Leases go by the database's clock, so nothing is doubled or lost."""
    if not (library := faketime()):
        return Verdict(skipped="there is no libfaketime on this machine")
    house.open(workers=0)
    worker = house.machinery.start(
        "worker",
        LD_PRELOAD=library,
        FAKETIME=offset,
        FAKETIME_DONT_FAKE_MONOTONIC="1",
        DONT_FAKE_MONOTONIC="1",
    )
    house.machinery.ready(worker)
    dues = house.feed(house.count(200), seconds=4 * house.scale).all()
    dues += stock.make_due(house.count(20), after=500, starts_in=stock.hours(2.5))
    house.settle(dues)
    return house.verdict(dues)


@scenario("the worker's clock is an hour ahead")
def clock_ahead(house: House) -> Verdict:
    return wrong_clock(house, "+1h")


@scenario("the worker's clock is an hour behind")
def clock_behind(house: House) -> Verdict:
    return wrong_clock(house, "-1h")
