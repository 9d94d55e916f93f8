"""What a customer does before they come (R3.1), and the small cares that go with a reminder (R3.4).

Sentences to read out on the telephone, and for the message and the customer's page: nothing here tells
of money, taboos or anything else that stands in the file (R9.9).
"""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

from bookings.models import Appointment, AppointmentKind, PackageKind
from customers.models import Member, MemberRole, Salutation

FOR_MEN = _("For the gentlemen: a haircut and a shave beforehand, and trimmed nails.")
FOR_WOMEN = _(
    "For the ladies: drink less water the evening before, go to bed early, and come with washed hair."
)
FOR_CHILDREN = _("For the little ones: come after a nap and a meal, and bring a favourite toy.")
FOR_EVERYBODY = _("Sleep well the night before, and come with washed hair and trimmed nails.")

BY_PACKAGE: dict[str, list[Any]] = {
    PackageKind.WEDDING: [
        _("Bring flat shoes, skin-coloured underwear without straps, and whatever shall be in the picture.")
    ],
    PackageKind.PORTRAIT: [_("Bring one outfit in which you feel most like yourself.")],
    PackageKind.BABY: [_("Bring what your child is used to: bottle, blanket, a change of clothes.")],
    PackageKind.FAMILY: [_("Clothes in two or three colours that go together look best on everybody.")],
    PackageKind.COMPANY: [_("Please come in ironed business dress; ten minutes early is enough.")],
}
BY_APPOINTMENT: dict[str, list[Any]] = {
    AppointmentKind.SELECTION: [
        _("Allow two hours, and bring along whoever shall have a say."),
    ],
    AppointmentKind.LAYOUT: [_("Bring your wishes for the album; everything can still be changed today.")],
    AppointmentKind.PICKUP: [_("The frames are large: a car or a second pair of hands is good to have.")],
    AppointmentKind.FITTING: [
        _("Bring shoes with the heel that you will wear, and underwear without straps.")
    ],
}
CARES: dict[str, list[Any]] = {
    AppointmentKind.SHOOT: [
        _("Have a good breakfast; water and a warm corner are waiting for you here."),
        _("Look at the weather before you set out: the hair and the dress will thank you."),
    ],
    AppointmentKind.SELECTION: [_("A cup of tea is waiting for you.")],
}
GROWN_UPS: dict[str, Any] = {Salutation.MR: FOR_MEN, Salutation.MS: FOR_WOMEN}


def for_people(members: Iterable[Member]) -> list[Any]:
    """One sentence per kind of person in the party, each once, in the order of the party."""
    sentences: list[Any] = []
    for member in members:
        child = member.salutation == Salutation.CHILD or member.role == MemberRole.CHILD
        if member.role == MemberRole.CONTACT and not child:
            continue  # who only makes the calls is not in front of the camera
        sentence = FOR_CHILDREN if child else GROWN_UPS.get(member.salutation, FOR_EVERYBODY)
        if sentence not in sentences:
            sentences.append(sentence)
    return sentences or [FOR_EVERYBODY]


def preparation(appointment: Appointment) -> list[Any]:
    """How to prepare for this appointment: by kind of appointment, kind of package and who comes (R3.1)."""
    if appointment.kind != AppointmentKind.SHOOT:
        return list(BY_APPOINTMENT.get(appointment.kind, []))
    package = appointment.booking.package_version.package.kind if appointment.booking else ""
    return [*for_people(appointment.customer.members.all()), *BY_PACKAGE.get(package, [])]


def caring_notes(appointment: Appointment) -> list[Any]:
    """The small cares (爱心提示, R3.4); way and parking come from the branch."""
    return list(CARES.get(appointment.kind, []))
