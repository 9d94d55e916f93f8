"""`make faults`: its verdict is right, it finds what is broken on purpose, and its short scenarios pass."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from studio.children import Program
from studio.outbox.gateways import Envelope, Inquiry, Known, Result
from studio.outbox.gateways.webhook import Webhook, signature
from tests.faults import table
from tests.faults.gateway import SECRET, Recording
from tests.faults.machinery import GatewayProcess, Part, wait_for
from tests.faults.verdict import Arrival, Due, Row, Verdict, judge

SHORT = ["killed-after-accept", "gateway-gone"]
KEPT = ("PATH", "HOME", "TMPDIR", "LANG", "LD_LIBRARY_PATH")
NUMBER, KEY = "+8613800000001", "key 1"
DUE = Due(appointment=1, recipient=NUMBER, at=100.0, deadline=1000.0)
SENT = Row(1, NUMBER, KEY, "sent")
ARRIVED = Arrival(KEY, NUMBER, 101.0)


def judged(
    *,
    dues: list[Due] | None = None,
    arrivals: list[Arrival] | None = None,
    rows: list[Row] | None = None,
    calls: list[int] | None = None,
    **more: float,
) -> Verdict:
    return judge(
        [DUE] if dues is None else dues,
        [ARRIVED] if arrivals is None else arrivals,
        [SENT] if rows is None else rows,
        calls or [],
        **{"limit": 7.7} | more,
    )


# --- The verdict --------------------------------------------------------------------------------
def test_main_rule_sent_once_in_time_has_passed() -> None:
    verdict = judged()
    assert verdict.passed
    assert (verdict.due, verdict.sent, verdict.lost, verdict.doubled) == (1, 1, 0, 0)
    assert verdict.lateness == [1.0]


def test_main_rule_nothing_delivered_and_no_row_is_lost() -> None:
    """Also where the planner never made a message: what is due is known from the appointment."""
    verdict = judged(arrivals=[], rows=[])
    assert (verdict.lost, verdict.passed) == (1, False)


@pytest.mark.parametrize("state", ["sent", "delivered", "cancelled", "queued", "leased"])
def test_main_rule_the_rows_own_word_does_not_count_as_sent(state: str) -> None:
    verdict = judged(arrivals=[], rows=[Row(1, NUMBER, KEY, state)], calls=[1])
    assert (verdict.sent, verdict.lost, verdict.passed) == (0, 1, False)


@pytest.mark.parametrize("state", ["failed", "unknown", "expired"])
def test_main_rule_given_up_needs_its_call(state: str) -> None:
    rows = [Row(1, NUMBER, KEY, state)]
    assert judged(arrivals=[], rows=rows).lost == 1
    assert judged(arrivals=[], rows=rows, calls=[2]).lost == 1, "somebody else's call"
    assert judged(arrivals=[], rows=rows, calls=[1]).passed


def test_main_rule_two_calls_for_one_message_fail() -> None:
    verdict = judged(arrivals=[], rows=[Row(1, NUMBER, KEY, "failed")], calls=[1, 1])
    assert (verdict.lost, verdict.passed) == (0, False)


@pytest.mark.parametrize("second", [KEY, "another key"])
def test_main_rule_delivered_twice_is_doubled_by_one_key_or_by_two(second: str) -> None:
    rows = [SENT, *([Row(1, NUMBER, second, "sent")] if second != KEY else [])]
    verdict = judged(arrivals=[ARRIVED, Arrival(second, NUMBER, 102.0)], rows=rows)
    assert (verdict.doubled, verdict.passed) == (1, False)


def test_main_rule_a_delivery_to_somebody_who_was_due_nothing_is_doubled() -> None:
    verdict = judged(arrivals=[ARRIVED, Arrival("x", "+8613899999999", 102.0)])
    assert (verdict.doubled, verdict.passed) == (1, False)


@pytest.mark.parametrize("state", ["failed", "expired", "cancelled"])
def test_main_rule_a_row_that_denies_what_was_delivered_fails(state: str) -> None:
    assert not judged(rows=[Row(1, NUMBER, KEY, state)], calls=[1]).passed


def test_main_rule_what_was_delivered_may_be_unknown_with_its_call() -> None:
    verdict = judged(rows=[Row(1, NUMBER, KEY, "unknown")], calls=[1])
    assert (verdict.unknown, verdict.calls, verdict.passed) == (1, 1, True)


@pytest.mark.parametrize(("at", "passes"), [(107.6, True), (107.8, False)])
def test_main_rule_lateness_has_a_limit(at: float, passes: bool) -> None:
    assert judged(arrivals=[Arrival(KEY, NUMBER, at)]).passed is passes


@pytest.mark.parametrize(("at", "passes"), [(127.6, True), (127.8, False)])
def test_main_rule_after_an_outage_lateness_counts_from_its_end(at: float, passes: bool) -> None:
    verdict = judged(arrivals=[Arrival(KEY, NUMBER, at)], fault_ended=120.0, excused_until=120.0)
    assert verdict.passed is passes
    assert verdict.recovery == pytest.approx(at - 120.0)
    assert verdict.lateness == [pytest.approx(at - 100.0)], "the table shows the whole of it"


def test_main_rule_a_fault_alone_excuses_nothing() -> None:
    assert not judged(arrivals=[Arrival(KEY, NUMBER, 121.0)], fault_ended=120.0).passed


@pytest.mark.parametrize("at", [99.0, 1002.0])
def test_main_rule_delivered_too_early_or_after_the_deadline_fails(at: float) -> None:
    assert not judged(arrivals=[Arrival(KEY, NUMBER, at)], limit=5000).passed


@pytest.mark.parametrize("state", ["queued", "leased"])
def test_main_rule_open_at_the_end_fails(state: str) -> None:
    assert not judged(rows=[Row(1, NUMBER, KEY, state)]).passed


def test_f9_what_must_become_a_call_must_not_be_delivered() -> None:
    due = Due(1, NUMBER, 100.0, 1000.0, must="call")
    assert not judged(dues=[due]).passed
    assert judged(dues=[due], arrivals=[], rows=[Row(1, NUMBER, KEY, "expired")], calls=[1]).passed
    assert judged(dues=[due], arrivals=[], rows=[], calls=[1]).passed, "too late to be written at all"
    assert judged(dues=[due], arrivals=[], rows=[]).lost == 1


def test_main_rule_where_nothing_excuses_it_giving_up_fails() -> None:
    due = Due(1, NUMBER, 100.0, 1000.0, must="sent")
    assert not judged(dues=[due], arrivals=[], rows=[Row(1, NUMBER, KEY, "unknown")], calls=[1]).passed


def test_a_skipped_scenario_has_not_passed() -> None:
    assert not Verdict(skipped="no libfaketime").passed
    assert "SKIPPED" in table.row("clock-ahead", Verdict(skipped="no libfaketime"))


@given(
    st.lists(
        st.tuples(
            st.integers(0, 3),
            st.sampled_from(["sent", "unknown", "failed", "expired", ""]),
            st.integers(0, 2),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_main_rule_only_once_or_given_up_with_one_call_passes(cases: list[tuple[int, str, int]]) -> None:
    """Any mixture: lost and doubled are what a person would count."""
    dues, arrivals, rows, calls = [], [], [], []
    for pk, (deliveries, state, called) in enumerate(cases):
        number, key = f"+86{pk}", f"key {pk}"
        dues.append(Due(pk, number, 100.0, 1000.0))
        arrivals += [Arrival(key, number, 101.0)] * deliveries
        rows += [Row(pk, number, key, state)] if state else []
        calls += [pk] * called
    verdict = judge(dues, arrivals, rows, calls, limit=7.7)
    given_up = {"unknown", "failed", "expired"}
    assert verdict.lost == sum(
        1 for count, state, called in cases if not count and not (state in given_up and called)
    )
    assert verdict.doubled == sum(max(0, count - 1) for count, _state, _called in cases)
    assert verdict.sent == sum(1 for count, _state, _called in cases if count)


# --- The gateway that counts ----------------------------------------------------------------------
def arrival_of(recording: Recording, key: str, behaviour: str = "accept") -> dict[str, Any]:
    message = {"key": key, "recipient": NUMBER, "text": "您好"}
    return recording.arrive(message, behaviour)


def test_main_rule_the_same_key_twice_is_two_deliveries_unless_the_gateway_takes_keys() -> None:
    for takes_keys, wanted in ((False, 2), (True, 1)):
        recording = Recording(takes_keys=takes_keys)
        for _try in range(2):
            recording.accept(arrival_of(recording, "the same"))
        assert sum(arrival["delivered"] for arrival in recording.arrivals) == wanted


def test_what_the_gateway_did_not_accept_is_no_delivery() -> None:
    recording = Recording()
    arrival_of(recording, "cut off", "cut")
    assert [arrival["delivered"] for arrival in recording.arrivals] == [False]


def test_the_gateway_misbehaves_as_often_as_it_was_told() -> None:
    recording = Recording(shares={"accept_hang": 0.05})
    behaviours = [recording.behaviour({"recipient": NUMBER}) for _number in range(2000)]
    assert 60 < behaviours.count("accept_hang") < 140


@pytest.fixture(scope="module")
def gateway() -> Iterator[GatewayProcess]:
    """The recording gateway, in its process."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "gateway.log"
        program = Program([sys.executable, "-m", "tests.faults.gateway"], settings.BASE_DIR, os.environ, log)
        part = Part("gateway", "gateway", program)
        part.start()
        wait_for(lambda: "\n" in part.said(), 30, "its ports")
        ports = part.said().partition("ports ")[2].split()
        yield GatewayProcess(part, int(ports[0]), int(ports[1]))
        part.kill()


def webhook(gateway: GatewayProcess, **changes: Any) -> Webhook:
    values = {
        "address": gateway.address,
        "secret": SECRET,
        "sender": "首问",
        "looks_up": True,
        "seconds": 2.0,
    }
    return Webhook(**values | changes)


def envelope() -> Envelope:
    return Envelope(key=str(uuid.uuid4()), channel="sms", recipient=NUMBER, subject="", text="您好")


def counted(gateway: GatewayProcess, sent: Envelope) -> int:
    return sum(delivery["key"] == sent.key for delivery in gateway.deliveries())


def known(gateway: GatewayProcess, sent: Envelope) -> Known:
    return webhook(gateway).look_up(Inquiry(sent.key, NUMBER, datetime.now(UTC))).known


def test_the_recording_gateway_counts_and_tells_what_our_webhook_sends(gateway: GatewayProcess) -> None:
    sent = envelope()
    assert known(gateway, sent) is Known.ABSENT
    assert webhook(gateway).send(sent).result is Result.ACCEPTED
    assert counted(gateway, sent) == 1
    assert known(gateway, sent) is Known.FOUND
    webhook(gateway).send(sent)
    assert counted(gateway, sent) == 2, "it does not hide a doubled message"


@pytest.mark.parametrize(
    ("behaviour", "result", "count"),
    [
        ("accept_hang", Result.UNCLEAR, 1),
        ("hang", Result.UNCLEAR, 0),
        ("accept_cut", Result.UNCLEAR, 1),
        ("cut", Result.UNCLEAR, 0),
        ("refuse", Result.REFUSED, 0),
        ("busy", Result.NOT_REACHED, 0),
    ],
)
def test_the_recording_gateway_misbehaves_as_it_says(
    gateway: GatewayProcess, behaviour: str, result: Result, count: int
) -> None:
    sent = envelope()
    gateway.ask(recipients={NUMBER: behaviour})
    try:
        assert webhook(gateway, seconds=0.5).send(sent).result is result
    finally:
        gateway.ask(recipients={})
    assert counted(gateway, sent) == count


def test_the_recording_gateway_lets_nobody_in_without_the_secret(gateway: GatewayProcess) -> None:
    sent = envelope()
    assert webhook(gateway, secret="another").send(sent).result is not Result.ACCEPTED
    assert counted(gateway, sent) == 0


def test_the_recording_gateway_is_away_and_comes_back_with_its_counts(gateway: GatewayProcess) -> None:
    before, sent = len(gateway.deliveries()), envelope()
    gateway.ask(listens=False)
    try:
        assert webhook(gateway).send(sent).result is Result.NOT_REACHED
    finally:
        gateway.ask(listens=True)
    assert webhook(gateway).send(sent).result is Result.ACCEPTED
    assert len(gateway.deliveries()) == before + 1


SPEAKER = """
import http.client, sys
line = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
line.request("POST", "/messages", body=sys.stdin.buffer.read(), headers=eval(sys.argv[2]))
line.getresponse()
"""


@pytest.mark.parametrize(("moment", "count"), [("before", 0), ("after", 1)])
def test_a_trap_kills_whoever_speaks_at_that_very_moment(
    gateway: GatewayProcess, moment: str, count: int
) -> None:
    sent = envelope()
    body = json.dumps({"key": sent.key, "recipient": NUMBER, "text": "您好"}).encode()
    headers = {"X-Shouwen-Timestamp": "1", "X-Shouwen-Signature": signature(SECRET, "1", body)}
    gateway.ask(traps=[{"moment": moment, "signal": signal.SIGKILL}])
    command = [sys.executable, "-c", SPEAKER, str(gateway.port), repr(headers)]
    speaker = subprocess.run(command, input=body, capture_output=True, timeout=20, check=False)
    assert speaker.returncode == -signal.SIGKILL
    assert counted(gateway, sent) == count


# --- The command --------------------------------------------------------------------------------
def faults(folder: Path, *options: str) -> tuple[int, dict[str, dict[str, Any]], str]:
    """Run the command; its exit code, its verdicts, its words."""
    found = folder / "found.json"
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults", "--json", str(found), *options],
        cwd=settings.BASE_DIR,
        env={name: os.environ[name] for name in KEPT if name in os.environ},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    said = done.stdout + done.stderr
    return done.returncode, json.loads(found.read_text()) if found.exists() else {}, said


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, dict[str, dict[str, Any]], str]:
    """The short scenarios one after the other, with a few messages each. How late something may be is measured
    by `make faults` alone: here other tests work beside it."""
    return faults(tmp_path_factory.mktemp("faults"), "--short", "--scale", "0.1", "--patience", "10")


@pytest.mark.xdist_group("faults")
@pytest.mark.parametrize("name", SHORT)
def test_fault_short_scenarios_lose_nothing_and_double_nothing(
    short: tuple[int, dict[str, dict[str, Any]], str], name: str
) -> None:
    _code, found, said = short
    verdict = found[name]
    assert verdict["due"] >= 3, said
    assert (verdict["lost"], verdict["doubled"]) == (0, 0), said
    assert verdict["wrong"] == [], said


@pytest.mark.xdist_group("faults")
def test_fault_the_command_says_what_it_found_and_leaves_nothing_running(
    short: tuple[int, dict[str, dict[str, Any]], str],
) -> None:
    code, found, said = short
    assert set(found) == set(SHORT)
    assert code == 0
    assert "left behind" not in said
    assert f"{len(SHORT)} passed, 0 failed, 0 skipped; lost 0, doubled 0" in said


@pytest.mark.slow
@pytest.mark.xdist_group("faults")
@pytest.mark.parametrize(
    ("sabotage", "scenario", "shows"),
    [
        ("pretends", "no-fault", "lost"),
        ("forgets", "no-fault", "doubled"),
        ("tells-nobody", "gateway-gone", "lost"),
        ("trusts", "times-out", "doubled"),
        ("dawdles", "no-fault", "wrong"),
    ],
)
def test_fault_what_is_broken_on_purpose_is_found(
    tmp_path: Path, sabotage: str, scenario: str, shows: str
) -> None:
    options = ("--only", f"={scenario}", "--scale", "0.2", "--sabotage", sabotage)
    code, found, said = faults(tmp_path, *options)
    assert code == 1, said
    assert found[scenario][shows], said
