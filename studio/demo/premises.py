"""The demo shop's rooms, gowns, car and skills, and when its people work."""

from datetime import date, time, timedelta

from bookings.models import Resource, Skill, WorkingHours
from studio.demo.terms import named
from studio.demo.words import NAMES
from studio.staff.models import Branch, SpecialDay, User

FLOORS = {"sh": ["floor_one", "floor_two"], "tp": ["floor_one"]}
ARTISTS = {"sh": ["wang", "he"], "tp": ["liu"]}
PHOTOGRAPHERS = {"sh": ["zhao", "qian"], "tp": ["guo"]}
NEWBORNS = ["qian", "guo"]
"""Photographers who know how to hold a baby of a hundred days."""
ASSISTANTS = {"sh": "assistant_light"}
CLEANING = 24 * 60
SETTING_UP = 15
# (names key, number, style, size)
GOWNS = [
    ("gown_cathedral", "W-01", "gown_style_white", "S"),
    ("gown_cathedral", "W-02", "gown_style_white", "M"),
    ("gown_satin", "W-03", "gown_style_white", "M"),
    ("gown_lace", "W-04", "gown_style_white", "L"),
    ("gown_champagne", "E-01", "gown_style_evening", "S"),
    ("gown_burgundy", "E-02", "gown_style_evening", "M"),
    ("gown_phoenix", "X-01", "gown_style_red", "M"),
    ("gown_dragon", "X-02", "gown_style_red", "L"),
]
BEFORE_THE_DOORS_OPEN = (time(8, 0), time(21, 0))
ASSISTANTS_HOURS = [(time(9, 30), time(12, 30)), (time(13, 0), time(18, 30))]
CLOSED_AFTER = timedelta(days=18)
"""So many days ahead the shop closes for its own outing."""


def newborn_skill(branch: Branch) -> Skill:
    return Skill.objects.create(branch=branch, **named("skill_newborns"))


def add_resources(branch: Branch, people: dict[str, User], newborns: Skill) -> None:
    """People with their hours and skills, rooms, a garden, a car, and gowns that need a day for cleaning."""
    for username in ARTISTS[branch.code]:
        add_hours(add_person(branch, "artist", people[username]), [BEFORE_THE_DOORS_OPEN])
    for username in PHOTOGRAPHERS[branch.code]:
        photographer = add_person(branch, "photographer", people[username])
        if username in NEWBORNS:
            photographer.skills.add(newborns)
    if branch.code in ASSISTANTS:
        assistant = add(branch, "assistant", ASSISTANTS[branch.code])
        add_hours(assistant, ASSISTANTS_HOURS)
    for floor in FLOORS[branch.code]:
        add(branch, "floor", f"room_{floor}", buffer_after=SETTING_UP)
    add(branch, "selection_room", "room_selection", units=2)
    add(branch, "location", "location_garden")
    add(branch, "vehicle", "vehicle_van")


def add_person(branch: Branch, kind: str, user: User) -> Resource:
    name = user.display_name
    return Resource.objects.create(
        branch=branch, kind=kind, user=user, name_en=name, name_zh_hans=name, name_zh_hant=name
    )


def add(branch: Branch, kind: str, key: str, **fields: object) -> Resource:
    return Resource.objects.create(branch=branch, kind=kind, **named(key), **fields)


def add_hours(resource: Resource, spans: list[tuple[time, time]]) -> None:
    WorkingHours.objects.bulk_create(
        WorkingHours(resource=resource, weekday=weekday, starts_at=begins, ends_at=ends)
        for weekday in range(7)
        for begins, ends in spans
    )


def add_wardrobe(branch: Branch, *, today: date) -> None:
    """The gowns and the day of the outing; what is there already stays."""
    if Resource.objects.filter(branch=branch, kind="gown").exists():
        return
    language = {"zh-hans": 1, "zh-hant": 2}.get(branch.customer_language, 0)
    for key, number, style, size in GOWNS:
        words = NAMES[style][language]
        add(branch, "gown", key, code=number, style=words, size=size, buffer_after=CLEANING)
    SpecialDay.objects.get_or_create(
        branch=branch, day=today + CLOSED_AFTER, defaults={"is_open": False, **named("special_outing")}
    )
