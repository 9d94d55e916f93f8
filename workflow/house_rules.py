"""By which measure a branch looks after who is in the house (R4.2, R4.4, R5.1)."""

from datetime import timedelta

from studio.staff.models import Branch
from workflow.models import HouseRules


def of(branch: Branch) -> HouseRules:
    """The branch's own rules, else the defaults, not saved. One question: pass them on."""
    found = HouseRules.objects.filter(branch=branch).first()
    return found or HouseRules(branch=branch)


def patience(rules: HouseRules) -> timedelta:
    """After this time an offer that nobody took over is an alarm."""
    return timedelta(seconds=rules.offer_waits_seconds)
