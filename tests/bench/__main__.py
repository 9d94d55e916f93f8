"""`python -m tests.bench`: one table; exit code 0 when every measure is kept."""

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django

from studio import processes
from tests.faults.ground import Ground

ORDERS = (1_000, 1_000_000)
MOST_SECONDS, LEAST_CLAIMS, MOST_RATIO = 60.0, 0.30, 3.0


def say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def line(what: str, measured: str, wanted: str, kept: bool) -> bool:
    say(f"{what:46} {measured:44} {wanted:22} {'kept' if kept else 'NOT KEPT'}")
    return kept


def measure(messages: int, orders: tuple[int, ...], only: list[str], keep: Path | None) -> bool:
    from tests.bench.claiming import claims
    from tests.bench.drain import drain
    from tests.bench.idle import idle

    def wanted(name: str) -> bool:
        return not only or name in only

    kept = []
    if wanted("drain"):
        drained = within(lambda house: drain(house, messages), keep)
        kept.append(
            line(
                f"{messages:,} reminders due at one moment",
                f"{drained.seconds:.1f} s, {drained.sent / drained.seconds:.0f}/s,"
                f" p50 {drained.half:.1f} s, p99 {drained.nearly_all:.1f} s",
                f"<= {MOST_SECONDS:.0f} s",
                drained.seconds <= MOST_SECONDS,
            )
        )
        kept.append(
            line(
                "  of these lost, doubled",
                f"{messages - drained.sent}, {drained.doubled}",
                "0, 0",
                (drained.sent, drained.doubled) == (messages, 0),
            )
        )
        say(f"  written down beforehand in {drained.planned_seconds:.1f} s")
    if wanted("claims"):
        claimed = within(lambda house: claims(house, 300), keep)
        kept.append(
            line(
                "claims of 20, against bare SQL (SKIP LOCKED)",
                f"{claimed.by_ids:.0f}/s against {claimed.bare:.0f}/s: {claimed.by_ids / claimed.bare:.0%}",
                f">= {LEAST_CLAIMS:.0%}",
                claimed.by_ids >= LEAST_CLAIMS * claimed.bare,
            )
        )
        say(f"  whatever is due, among all: {claimed.whatever:.0f}/s, {claimed.whatever / claimed.bare:.0%}")
    for number in orders if wanted("idle") else ():
        rested = within(lambda house, number=number: idle(house, number), keep)
        kept.append(
            line(
                f"idle tick at {number:,} orders, against SELECT 1",
                f"{rested.tick * 1e6:.0f} us against {rested.nothing * 1e6:.0f} us: {rested.ratio:.2f} times",
                f"<= {MOST_RATIO:.0f} times",
                rested.ratio <= MOST_RATIO,
            )
        )
        say(f"  all planners, when they look: {rested.planners * 1000:.0f} ms")
    return all(kept) and bool(kept)


_ground: Ground | None = None


def within(work: Callable[[Any], Any], keep: Path | None) -> Any:
    """A house of its own on fresh servers, at the times of a real shop."""
    from tests.faults.house import House

    assert _ground is not None
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=_ground.home))
    try:
        with House(_ground, folder, speed=1.0) as house:
            return work(house)
    finally:
        if keep is not None:
            shutil.copytree(folder, keep, dirs_exist_ok=True)
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    global _ground
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", nargs="+", default=[], choices=["drain", "claims", "idle"])
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--orders", type=int, nargs="+", default=ORDERS)
    parser.add_argument("--keep", type=Path, help="keep the logs of the programs in this folder")
    asked = parser.parse_args()
    os.environ.setdefault("STUDIO_MODE", "test")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studio.settings")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, interrupt)
    processes.end_with_make()
    began = time.monotonic()
    _ground = Ground()
    try:
        _ground.begin()
        django.setup()
        from tests.faults import running

        running.prepare(_ground)
        say(f"The ground stands after {time.monotonic() - began:.0f} s; {os.cpu_count()} cores.", "")
        kept = measure(asked.messages, tuple(asked.orders), asked.only, asked.keep)
        say("", f"{'Kept' if kept else 'NOT KEPT'}; {time.monotonic() - began:.0f} s.")
        return 0 if kept else 1
    except KeyboardInterrupt:
        say("Stopped.")
        return 130
    except Exception:
        say(traceback.format_exc())
        return 2
    finally:
        _ground.clean()


if __name__ == "__main__":
    sys.exit(main())
