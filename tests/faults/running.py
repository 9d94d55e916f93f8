"""Preparing the ground once, and running one scenario after the other on it."""

import shutil
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path

from django.core.management import call_command
from django.db import connection

from studio.foundation import first_tables
from tests.faults import stock
from tests.faults.ground import Ground
from tests.faults.house import House
from tests.faults.scenarios import scenarios
from tests.faults.scenarios.registry import Scenario
from tests.faults.verdict import Verdict


def chosen(only: Sequence[str], *, short: bool = False) -> list[Scenario]:
    """Those whose name contains one of `only`; `=name` is exactly that one."""

    def is_meant(name: str) -> bool:
        return not only or any(part in name or part == f"={name}" for part in only)

    found = [one for one in scenarios.values() if is_meant(one.name)]
    return [one for one in found if one.short or not short]


def prepare(ground: Ground) -> None:
    """Tables, rights and the stock: what every scenario begins with."""
    first_tables.build()
    call_command("grant_roles", verbosity=0)
    stock.fill()
    connection.close()
    ground.keep_as_template()


def run(
    one: Scenario,
    ground: Ground,
    *,
    speed: float | None = None,
    scale: float = 1.0,
    keep: Path | None = None,
    sabotaged_by: str = "",
    patience: float = 1.0,
) -> Verdict:
    """A scenario that breaks down has proved nothing, and has failed."""
    folder = Path(tempfile.mkdtemp(prefix=f"{one.name}-", dir=ground.home))
    house = House(ground, folder, speed or one.speed, scale, sabotaged_by, patience)
    try:
        with house:
            verdict = one.run(house)
    except Exception as trouble:
        verdict = Verdict(wrong=[f"broke down: {trouble!r}", *traceback.format_exc().splitlines()[-4:-1]])
    finally:
        if keep is not None:
            shutil.copytree(folder, keep / one.name, dirs_exist_ok=True)
            shutil.copy(ground.postgres.log, keep / one.name / "postgres.log")
        shutil.rmtree(folder, ignore_errors=True)
    return verdict
