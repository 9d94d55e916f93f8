"""What the program itself says before an appointment, for houses that have written nothing (R3.1, R3.4)."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from bookings.models import AppointmentKind, PackageKind
from customers.models import Salutation
from workflow.models.advice import AdviceTopic

SUMMER, WINTER, RAIN = (6, 9), (11, 3), (4, 9)


@dataclass(frozen=True)
class OwnLine:
    """One sentence with its conditions, as `AdviceLine` has them."""

    appointment_kind: str
    topic: str
    text: Any
    package_kind: str = ""
    person: str = ""
    months: tuple[int, int] | None = None


SHOOT, PREPARE, BRING, CARE = AppointmentKind.SHOOT, AdviceTopic.PREPARE, AdviceTopic.BRING, AdviceTopic.CARE

OWN = (
    OwnLine(
        SHOOT,
        PREPARE,
        _("For the gentlemen: a haircut and a shave beforehand, and trimmed nails."),
        person=Salutation.MR,
    ),
    OwnLine(
        SHOOT,
        PREPARE,
        _("For the ladies: drink less water the evening before, go to bed early, and come with washed hair."),
        person=Salutation.MS,
    ),
    OwnLine(
        SHOOT,
        PREPARE,
        _("For the little ones: come after a nap and a meal, and bring a favourite toy."),
        person=Salutation.CHILD,
    ),
    OwnLine(
        SHOOT,
        PREPARE,
        _("Sleep well the night before, and come with washed hair and trimmed nails."),
        person=Salutation.NONE,
    ),
    OwnLine(
        SHOOT,
        PREPARE,
        _("Please come in ironed business dress; ten minutes early is enough."),
        PackageKind.COMPANY,
    ),
    OwnLine(
        SHOOT,
        PREPARE,
        _("Clothes in two or three colours that go together look best on everybody."),
        PackageKind.FAMILY,
    ),
    OwnLine(
        SHOOT,
        BRING,
        _("Bring flat shoes, skin-coloured underwear without straps, and whatever shall be in the picture."),
        PackageKind.WEDDING,
    ),
    OwnLine(SHOOT, BRING, _("Bring one outfit in which you feel most like yourself."), PackageKind.PORTRAIT),
    OwnLine(
        SHOOT,
        BRING,
        _("Bring what your child is used to: bottle, blanket, a change of clothes."),
        PackageKind.BABY,
    ),
    OwnLine(
        SHOOT,
        BRING,
        _("It is hot these days: bring a light change of clothes and, for outdoors, blotting paper."),
        months=SUMMER,
    ),
    OwnLine(
        SHOOT,
        BRING,
        _("It is cold these days: bring warm layers for the breaks, and come in a coat that opens in front."),
        months=WINTER,
    ),
    OwnLine(SHOOT, CARE, _("Have a good breakfast; water and a warm corner are waiting for you here.")),
    OwnLine(SHOOT, CARE, _("Look at the weather before you set out: the hair and the dress will thank you.")),
    OwnLine(SHOOT, CARE, _("An umbrella in the bag does no harm in these months."), months=RAIN),
    OwnLine(SHOOT, CARE, _("Hot tea and a hair-dryer for cold hands are ready."), months=WINTER),
    OwnLine(
        AppointmentKind.CONSULT, BRING, _("Bring a few pictures that you like: they say more than words.")
    ),
    OwnLine(
        AppointmentKind.FITTING,
        BRING,
        _("Bring shoes with the heel that you will wear, and underwear without straps."),
    ),
    OwnLine(
        AppointmentKind.SELECTION, PREPARE, _("Allow two hours, and bring along whoever shall have a say.")
    ),
    OwnLine(AppointmentKind.SELECTION, CARE, _("A cup of tea is waiting for you.")),
    OwnLine(
        AppointmentKind.LAYOUT,
        BRING,
        _("Bring your wishes for the album; everything can still be changed today."),
    ),
    OwnLine(
        AppointmentKind.PICKUP,
        BRING,
        _("The frames are large: a car or a second pair of hands is good to have."),
    ),
    OwnLine(
        AppointmentKind.WEDDING,
        PREPARE,
        _("Lay out rings, dress and papers in one place the evening before, and sleep well."),
    ),
    OwnLine(
        AppointmentKind.WEDDING,
        BRING,
        _("It is cold these days: have a warm coat over the dress and heat pads in the pocket."),
        months=WINTER,
    ),
    OwnLine(AppointmentKind.WEDDING, CARE, _("Eat something before we come; the day is long.")),
)
