from studio.staff.models.badge import Badge
from studio.staff.models.branch import Branch, Department, SpecialDay
from studio.staff.models.leave import CaseNote, Leave, LeaveDay, LeaveKind, LeaveState
from studio.staff.models.membership import Membership, Role, Team
from studio.staff.models.user import User

__all__ = [
    "Badge",
    "Branch",
    "CaseNote",
    "Department",
    "Leave",
    "LeaveDay",
    "LeaveKind",
    "LeaveState",
    "Membership",
    "Role",
    "SpecialDay",
    "Team",
    "User",
]
