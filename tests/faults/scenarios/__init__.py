"""All scenarios, in the order in which they are told."""

from tests.faults.scenarios import senders  # isort: skip
from tests.faults.scenarios import broker  # isort: skip
from tests.faults.scenarios import gateways  # isort: skip
from tests.faults.scenarios import database  # isort: skip
from tests.faults.scenarios import moves  # isort: skip
from tests.faults.scenarios import rules  # isort: skip
from tests.faults.scenarios import reports  # isort: skip
from tests.faults.scenarios import desks  # isort: skip
from tests.faults.scenarios.registry import scenarios

__all__ = ["broker", "database", "desks", "gateways", "moves", "reports", "rules", "scenarios", "senders"]
