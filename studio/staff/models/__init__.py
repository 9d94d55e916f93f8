from studio.staff.models.branch import Branch, Department
from studio.staff.models.leave import Leave
from studio.staff.models.membership import Membership, Role
from studio.staff.models.user import User

__all__ = ["Branch", "Department", "Leave", "Membership", "Role", "User"]
