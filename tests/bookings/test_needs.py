"""Who and what the appointments of a package need, for which part of the time, and the form that asks for it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from bookings.date_forms import DateForm, filled
from bookings.models import PackageNeed, Skill
from bookings.needs import NEEDS, holds_for, minutes_for, needs_of
from tests.bookings.resources import Day, make
from tests.factories import make_package

HOUR = timedelta(hours=1)


@pytest.fixture
def day(shop, now):
    return Day(shop, now)


@pytest.fixture
def version(shop):
    return make_package(shop.branch)


@pytest.fixture
def need(version):
    def add(kind, **fields):
        position = version.needs.count() + 1
        return PackageNeed.objects.create(version=version, kind=kind, position=position, **fields)

    return add


@pytest.fixture
def form(shop, version, day, now):
    def ask(kind="shoot", **fields):
        given = QueryDict(mutable=True)
        for name, value in ({"day": day.day, "time": "10:00", "minutes": "360"} | fields).items():
            given.setlist(name, [str(v) for v in (value if isinstance(value, list) else [value])])
        return DateForm(given, branch=shop.branch, kind=kind, now=now, version=version)

    return ask


# --- The needs themselves -------------------------------------------------------------------------
@pytest.mark.parametrize("kind", list(NEEDS))
def test_where_a_package_says_nothing_the_usual_is_asked_for(version, kind):
    for asked in (version, None):
        assert [need.key for need in needs_of(asked, kind)] == list(NEEDS[kind])
        assert all(need.is_optional and need.is_whole for need in needs_of(asked, kind))


def test_the_rows_of_a_package_stand_instead_for_their_kind_of_appointment_only(version, need):
    need("artist", minutes=90, look=1)
    need("photographer", from_minute=90)
    need("artist", from_minute=150, minutes=45, look=2)
    assert [n.key for n in needs_of(version, "shoot")] == ["artist", "photographer", "artist_2"]
    assert needs_of(version, "shoot")[2].follows == "artist"
    assert [n.key for n in needs_of(version, "selection")] == ["room"]


def test_two_at_the_same_time_are_two_people(version, need):
    need("assistant", quantity=2)
    first, second = needs_of(version, "shoot")
    assert (first.key, second.key, second.follows) == ("assistant", "assistant_2", "")


def test_the_length_is_the_package_s(version, need):
    assert minutes_for(version, "shoot") == 360
    assert minutes_for(version, "selection") == 120
    need("artist", appointment="fitting", minutes=150)
    assert minutes_for(version, "fitting") == 150
    need("photographer", from_minute=300, minutes=120)
    assert minutes_for(version, "shoot") == 420
    assert minutes_for(None, "pickup") == 30


def test_who_does_the_first_look_does_the_second_where_nobody_else_is_named(version, need, shop, day):
    need("artist", minutes=90, look=1)
    need("artist", from_minute=150, minutes=45, look=2)
    start, end = day.at("10:00"), day.at("16:00")
    other = make(shop, "artist", "Li Qian")
    alone = holds_for(version, "shoot", start, end, {"artist": shop.artist_resource})
    assert [(h.resource, h.starts_at, h.ends_at, h.look) for h in alone] == [
        (shop.artist_resource, day.at("10:00"), day.at("11:30"), 1),
        (shop.artist_resource, day.at("12:30"), day.at("13:15"), 2),
    ]
    both = holds_for(version, "shoot", start, end, {"artist": shop.artist_resource, "artist_2": other})
    assert [h.resource for h in both] == [shop.artist_resource, other]
    assert holds_for(version, "shoot", start, end, {}) == []


def test_the_longer_buffer_holds(version, need, shop, day):
    need("floor", buffer_before=10, buffer_after=30)
    floor = make(shop, "floor", "Floor 9", buffer_before=20, buffer_after=5)
    (hold,) = holds_for(version, "shoot", day.at("10:00"), day.at("12:00"), {"place": floor})
    assert (hold.buffer_before, hold.buffer_after) == (20, 30)


def test_a_part_that_the_appointment_is_too_short_for_is_held_for_all_of_it(version, need, shop, day):
    need("artist", from_minute=150, minutes=45)
    (hold,) = holds_for(version, "shoot", day.at("10:00"), day.at("12:00"), {"artist": shop.artist_resource})
    assert (hold.starts_at, hold.ends_at) == (day.at("10:00"), day.at("12:00"))


# --- The form -------------------------------------------------------------------------------------
def test_one_select_for_each_need_with_look_and_time(version, need, form, shop):
    need("artist", minutes=90, look=1)
    need("artist", from_minute=150, minutes=45, look=2)
    shown = form()
    labels = [field.label for field in shown.resource_fields]
    assert labels == ["Makeup artist · look 1 · 10:00–11:30", "Makeup artist · look 2 · 12:30–13:15"]
    assert "the same as before" in str(shown["artist_2"])


def test_who_is_not_trained_is_not_offered_and_the_page_says_who(version, need, form, shop):
    skill = Skill.objects.create(
        branch=shop.branch, name_en="Newborns", name_zh_hans="新生儿", name_zh_hant="新生兒"
    )
    able = make(shop, "photographer", "Li Qiang")
    able.skills.add(skill)
    need("photographer", skill=skill)
    shown = form()
    assert [str(label) for _pk, label in shown.fields["photographer"].choices[1:]] == ["Li Qiang"]
    assert "Zhao Ming" in shown.fields["photographer"].help_text
    crafted = form(photographer=shop.photographer_resource.pk)
    assert not crafted.is_valid()
    assert "photographer" in crafted.errors
    assert form(photographer=able.pk).is_valid()


def test_always_this_one_is_chosen_already(version, need, form, shop, now):
    make(shop, "floor", "Floor 2")
    need("floor", resource=shop.floor)
    shown = DateForm(branch=shop.branch, kind="shoot", now=now, version=version)
    assert shown["place"].value() == shop.floor.pk
    assert [pk for pk, _label in shown.fields["place"].choices] == ["", shop.floor.pk]


def test_what_may_not_stay_open_is_asked_for_and_what_may_is_not(version, need, form, shop):
    need("photographer")
    need("artist", is_optional=True)
    empty = form()
    assert not empty.is_valid()
    assert set(empty.errors) == {"photographer"}
    assert form(photographer=shop.photographer_resource.pk).is_valid()


def test_nobody_is_chosen_twice_for_the_same_time(version, need, form, shop):
    need("assistant", quantity=2)
    an = make(shop, "assistant", "An")
    twice = form(assistant=an.pk, assistant_2=an.pk)
    assert not twice.is_valid()
    assert set(twice.errors) == {"assistant_2"}


def test_somebody_else_is_held_as_well(form, shop, day):
    an, gown = make(shop, "assistant", "An"), make(shop, "gown", "A1")
    given = form(
        photographer=shop.photographer_resource.pk, also=[an.pk, gown.pk, shop.photographer_resource.pk]
    )
    assert given.is_valid(), given.errors
    slot = given.slot()
    assert [hold.resource for hold in slot.holds] == [shop.photographer_resource, an, gown]
    assert {(hold.starts_at, hold.ends_at) for hold in slot.holds} == {(day.at("10:00"), day.at("16:00"))}


@pytest.mark.parametrize("also", ["x", "0", "-1", "9" * 40, "1 OR 1=1"])
def test_a_crafted_resource_is_refused_in_words(form, also):
    given = form(also=[also])
    assert not given.is_valid()
    assert set(given.errors) == {"also"}


def test_a_resource_of_the_neighbour_is_refused(form, shop):
    theirs = make(type(shop)(branch=shop.other_branch), "floor", "X")
    for fields in ({"place": theirs.pk}, {"also": [theirs.pk]}):
        assert not form(**fields).is_valid()


def test_the_questions_do_not_grow_with_the_resources(form, shop):
    with CaptureQueriesContext(connection) as few:
        str(form())
    for number in range(10):
        make(shop, "assistant", f"A{number}")
    with CaptureQueriesContext(connection) as many:
        str(form())
    assert len(few) == len(many)


def test_an_answer_fills_the_field_that_it_names_and_keeps_what_is_held_as_well():
    posted = QueryDict("day=2026-05-20&time=10:00&artist=1&artist_2=2&also=5&also=6")
    values = filled(posted, "artist_2:9")
    assert (values["artist"], values["artist_2"], values["also"]) == ("1", "9", ["5", "6"])
    assert filled(posted, "also:9")["day"] == "2026-05-20"
