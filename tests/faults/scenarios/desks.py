"""Faults between people at several desks: proved by tests of the suite, run from here on servers of their own."""

import os
import re
import subprocess
import sys

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


def by_tests(house: House, names: list[str]) -> Verdict:
    """due: tests; sent: those that passed. What is missing or skipped has not passed."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider", *names],
        cwd=ROOT,
        env={name: os.environ[name] for name in KEPT if name in os.environ},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    (house.folder / "pytest.log").write_text(done.stdout + done.stderr)
    counts = {
        word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|error|skipped)", done.stdout)
    }
    verdict = Verdict(due=sum(counts.values()), sent=counts.get("passed", 0))
    if done.returncode or verdict.due < len(names) or verdict.sent != verdict.due:
        verdict.lost = max(verdict.due, len(names)) - verdict.sent
        verdict.wrong.append(f"pytest answered {done.returncode}: {done.stdout.strip().splitlines()[-1:]}")
    return verdict


@scenario("32 threads book the same photographer, room and artist (the suite's own tests)")
def one_slot(house: House) -> Verdict:
    return by_tests(house, ONE_SLOT)


@scenario("two people save one order (the suite's own tests)")
def one_order(house: House) -> Verdict:
    return by_tests(house, ONE_ORDER)
