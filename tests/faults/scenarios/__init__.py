"""All scenarios, in the order in which they are told."""

from tests.faults.scenarios import (  # noqa: F401
    senders,
)
from tests.faults.scenarios.registry import scenarios

__all__ = ["scenarios"]
