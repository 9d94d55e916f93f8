"""Faults between people at several desks: proved by tests of the suite, run from here on servers of their own."""

import functools
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

from studio.environment import ROOT
from tests.faults.house import House
from tests.faults.scenarios.registry import scenario
from tests.faults.verdict import Verdict

ONE_SLOT = [
    "tests/bookings/test_together.py::test_of_many_who_want_the_same_team_exactly_one_gets_it",
    "tests/bookings/test_together.py::test_sales_moves_and_dates_crossing_each_other_never_overlap",
    "tests/workflow/test_sale.py::test_two_desks_that_sell_one_photographer_in_the_same_second_leave_one",
]
ONE_ORDER = [
    "tests/workflow/test_sale_dates.py::test_moving_asks_for_confirmation_anew_and_a_stale_page_gets_409",
    "tests/bookings/test_together.py::test_one_date_of_a_kind_for_an_order_at_two_desks",
    "tests/bookings/test_together.py::test_the_balance_is_not_paid_twice_at_two_desks",
    "tests/workflow/test_calls.py::test_two_people_at_the_same_second_leave_one_outcome",
]
KEPT = ("PATH", "HOME", "TMPDIR", "LANG", "LD_LIBRARY_PATH")


@functools.cache
def outcomes(folder: Path) -> dict[str, str]:
    """All of them in one run of pytest, with its servers; name → outcome of each of its cases."""
    report = folder / "tests.xml"
    names = [*ONE_SLOT, *ONE_ORDER]
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *names],
        cwd=ROOT,
        env={name: os.environ[name] for name in KEPT if name in os.environ},
        stdout=(folder / "pytest.log").open("wb"),
        stderr=subprocess.STDOUT,
        timeout=400,
        check=False,
    )
    found = {}
    for case in ElementTree.parse(report).iter("testcase"):
        bad = [child.tag for child in case if child.tag in {"failure", "error", "skipped"}]
        found[case.attrib["name"]] = bad[0] if bad else "passed"
    return found


def by_tests(house: House, names: list[str]) -> Verdict:
    """due: cases; sent: those that passed. What is missing or skipped has not passed."""
    found, verdict = outcomes(house.ground.home), Verdict()
    for name in names:
        test = name.partition("::")[2]
        cases = {case: outcome for case, outcome in found.items() if case.partition("[")[0] == test}
        passed = [case for case, outcome in cases.items() if outcome == "passed"]
        verdict.due += max(1, len(cases))
        verdict.sent += len(passed)
        if not cases or len(passed) < len(cases):
            verdict.lost += max(1, len(cases)) - len(passed)
            verdict.wrong.append(f"{name}: {cases or 'no such test'}")
    return verdict


@scenario("32 threads book the same photographer, room and artist (the suite's own tests)")
def one_slot(house: House) -> Verdict:
    return by_tests(house, ONE_SLOT)


@scenario("two people save one order (the suite's own tests)")
def one_order(house: House) -> Verdict:
    return by_tests(house, ONE_ORDER)
