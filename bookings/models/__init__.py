from bookings.models.appointment import Allocation, Appointment, AppointmentState, Confirmation
from bookings.models.booking import Booking, BookingEvent, CreditNote, LineKind, PriceLine
from bookings.models.discounts import DiscountLimit, DiscountRequest, DiscountState
from bookings.models.gowns import Condition, Outing, OutingPhoto
from bookings.models.hours import Closure, Weekday, WorkingHours
from bookings.models.kinds import AppointmentKind
from bookings.models.money import Fapiao, Fault, Instalment, Payer, Payment, Receipt, Settlement
from bookings.models.money_kinds import Account, PaymentKind, PaymentMethod
from bookings.models.notices import CalendarFeed, ScheduleNotice
from bookings.models.online import BookingRequest, Knock, OnlineBooking, OnlineMode, RequestState
from bookings.models.package import (
    AddOn,
    AddOnKind,
    Package,
    PackageItem,
    PackageKind,
    PackageLook,
    PackageNeed,
    PackageService,
    PackageVersion,
    SeasonalPrice,
    SeasonBasis,
)
from bookings.models.resource import Resource, ResourceKind, Skill
from bookings.models.rules import SchedulingRules
from bookings.models.shifts import CashMovement, CashMovementKind, CashShift, ShiftCount
from bookings.models.waiting import PartOfDay, WaitingEntry, WaitingState

__all__ = [
    "Account",
    "AddOn",
    "AddOnKind",
    "Allocation",
    "Appointment",
    "AppointmentKind",
    "AppointmentState",
    "Booking",
    "BookingEvent",
    "BookingRequest",
    "CalendarFeed",
    "CashMovement",
    "CashMovementKind",
    "CashShift",
    "Closure",
    "Condition",
    "Confirmation",
    "CreditNote",
    "DiscountLimit",
    "DiscountRequest",
    "DiscountState",
    "Fapiao",
    "Fault",
    "Instalment",
    "Knock",
    "LineKind",
    "OnlineBooking",
    "OnlineMode",
    "Outing",
    "OutingPhoto",
    "Package",
    "PackageItem",
    "PackageKind",
    "PackageLook",
    "PackageNeed",
    "PackageService",
    "PackageVersion",
    "PartOfDay",
    "Payer",
    "Payment",
    "PaymentKind",
    "PaymentMethod",
    "PriceLine",
    "Receipt",
    "RequestState",
    "Resource",
    "ResourceKind",
    "ScheduleNotice",
    "SchedulingRules",
    "SeasonBasis",
    "SeasonalPrice",
    "Settlement",
    "ShiftCount",
    "Skill",
    "WaitingEntry",
    "WaitingState",
    "Weekday",
    "WorkingHours",
]
