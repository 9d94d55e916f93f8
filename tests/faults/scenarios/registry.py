"""A scenario: a name, a sentence, and a function from an open house to a verdict."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.faults.house import House
from tests.faults.verdict import Verdict

Run = Callable[[House], Verdict]


@dataclass(frozen=True)
class Scenario:
    """`speed`: by what its times are divided. `short`: it also runs among the tests."""

    name: str
    title: str
    run: Run
    speed: float
    short: bool


scenarios: dict[str, Scenario] = {}


def scenario(title: str, *, speed: float = 10.0, short: bool = False) -> Callable[[Run], Run]:
    def register(run: Run) -> Run:
        name = run.__name__.replace("_", "-")
        assert name not in scenarios, name
        scenarios[name] = Scenario(name, title, run, speed, short)
        return run

    return register
