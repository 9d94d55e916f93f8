from bookings.models.appointment import (
    Allocation,
    Appointment,
    AppointmentKind,
    AppointmentState,
    Confirmation,
)
from bookings.models.booking import Booking, BookingEvent, PriceLine
from bookings.models.money import Payment, PaymentKind, PaymentMethod, Receipt
from bookings.models.package import Package, PackageItem, PackageKind, PackageLook, PackageVersion
from bookings.models.resource import Resource, ResourceKind

__all__ = [
    "Allocation",
    "Appointment",
    "AppointmentKind",
    "AppointmentState",
    "Booking",
    "BookingEvent",
    "Confirmation",
    "Package",
    "PackageItem",
    "PackageKind",
    "PackageLook",
    "PackageVersion",
    "Payment",
    "PaymentKind",
    "PaymentMethod",
    "PriceLine",
    "Receipt",
    "Resource",
    "ResourceKind",
]
