"""How a branch calls (R3.2): how often, how long apart, and until when a customer is kept for one caller."""

from collections.abc import Iterable

from studio.staff.models import Branch
from workflow.models import CallRules


def rules_of(branch: Branch) -> CallRules:
    """The branch's rules of calling; without a row of its own the defaults, not saved."""
    return CallRules.objects.filter(branch=branch).first() or CallRules(branch=branch)


def rules_among(branches: Iterable[int]) -> dict[int, CallRules]:
    """The rules of several branches by the branch's id; one query."""
    wanted = set(branches)
    found = {rules.branch_id: rules for rules in CallRules.objects.filter(branch__in=wanted)}
    return {pk: found.get(pk) or CallRules(branch_id=pk) for pk in wanted}
