"""Who pays: the couple, a parent, a company; several may pay for one order."""

from bookings.models import Booking, Payer
from customers.models import Member


def payer_of(booking: Booking, *, member: Member | None = None, name: str = "") -> Payer | None:
    """The payer of this name on the order, made where there is none yet; None for the party as a whole."""
    if member is not None and member.customer_id == booking.customer_id:
        name = member.name
    else:
        member = None
    name = name.strip()[:60]
    if not name:
        return None
    payer, _made = Payer.objects.get_or_create(booking=booking, name=name, defaults={"member": member})
    return payer
