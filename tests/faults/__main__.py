"""`python -m tests.faults`: all scenarios, or those named with --only; exit code 0 when every one passed."""

import argparse
import json
import os
import signal
import sys
import time
import traceback
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

import django

from studio import processes
from tests.faults import table
from tests.faults.beside import Beside
from tests.faults.ground import Ground
from tests.faults.sabotage import SABOTAGES
from tests.faults.verdict import Verdict

LIMIT_SECONDS = 15 * 60


def say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--list", action="store_true", help="name the scenarios and end")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="parts of their names")
    parser.add_argument("--short", action="store_true", help="the short ones")
    parser.add_argument("--speed", type=float, help="divide the times by this instead")
    parser.add_argument("--scale", type=float, default=1.0, help="so many times the messages")
    parser.add_argument(
        "--sabotage", default="", choices=list(SABOTAGES), help="break the promise on purpose: it must fail"
    )
    parser.add_argument(
        "--patience",
        type=float,
        default=1.0,
        help="so many times the limit, where others work on the machine",
    )
    parser.add_argument("--alone", action="store_true", help="nothing beside the others")
    parser.add_argument("--json", type=Path, help="write what was found to this file, too")
    parser.add_argument("--keep", type=Path, help="keep the logs of the programs in this folder")
    return parser.parse_args()


def main() -> int:
    asked = arguments()
    environment = dict(os.environ)
    os.environ.setdefault("STUDIO_MODE", "test")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studio.settings")
    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGINT, interrupt)
    processes.end_with_make()
    if asked.list:
        django.setup()
        from tests.faults import running

        say(*(f"{one.name:30} {one.title}" for one in running.chosen(asked.only, short=asked.short)))
        return 0
    ground, began = Ground(), time.monotonic()
    try:
        with ExitStack() as stack:
            stack.callback(ground.clean)
            ground.begin()
            django.setup()
            return run_all(asked, ground, environment, began, stack)
    except KeyboardInterrupt:
        say("Stopped.")
        return 130
    except Exception:
        say(traceback.format_exc())
        return 2


def run_all(
    asked: argparse.Namespace, ground: Ground, environment: dict[str, str], began: float, stack: ExitStack
) -> int:
    from tests.faults import running

    chosen = running.chosen(asked.only, short=asked.short)
    slow = [] if asked.alone or len(chosen) == 1 else [one for one in chosen if one.speed == 1]
    beside = None
    if slow:
        options = [f"--keep={asked.keep}"] if asked.keep else []
        beside = Beside(
            [one.name for one in slow],
            environment,
            [*options, f"--scale={asked.scale}", f"--patience={asked.patience}"],
        )
        stack.callback(beside.end)
    running.prepare(ground)
    say(
        f"The ground stands after {time.monotonic() - began:.0f} s; {len(chosen)} scenarios."
        f" {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}.",
        "",
        table.head(),
    )
    verdicts: dict[str, Verdict] = {}
    for one in chosen:
        if one in slow:
            continue
        since = time.monotonic()
        verdict = verdicts[one.name] = running.run(
            one,
            ground,
            speed=asked.speed,
            scale=asked.scale,
            keep=asked.keep,
            sabotaged_by=asked.sabotage,
            patience=asked.patience,
        )
        show(one.name, verdict, f"{time.monotonic() - since:4.0f} s")
    if beside is not None:
        for name, verdict in beside.verdicts().items():
            verdicts[name] = verdict
            show(name, verdict, "beside")
    if asked.json is not None:
        asked.json.write_text(json.dumps({name: asdict(verdict) for name, verdict in verdicts.items()}))
    return conclude(list(verdicts.values()), time.monotonic() - began)


def show(name: str, verdict: Verdict, seconds: str) -> None:
    say(f"{table.row(name, verdict)}   {seconds}", *table.details(verdict))


def interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def conclude(verdicts: list[Verdict], seconds: float) -> int:
    failed = [verdict for verdict in verdicts if not verdict.passed and not verdict.skipped]
    skipped = [verdict for verdict in verdicts if verdict.skipped]
    say(
        "",
        f"{len(verdicts) - len(failed) - len(skipped)} passed, {len(failed)} failed, {len(skipped)} skipped;"
        f" lost {sum(verdict.lost for verdict in verdicts)},"
        f" doubled {sum(verdict.doubled for verdict in verdicts)}; {seconds:.0f} s.",
    )
    if seconds > LIMIT_SECONDS:
        say(f"It took longer than {LIMIT_SECONDS // 60} minutes.")
    return 1 if failed or not verdicts or seconds > LIMIT_SECONDS else 0


if __name__ == "__main__":
    sys.exit(main())
