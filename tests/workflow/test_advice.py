"""R3.1, R3.4: what a customer is told before they come, by kind, package, person and season, as the house words it."""

import threading
from datetime import date, time

import pytest
from django.db import connection
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from bookings.models import Booking, Package, PackageVersion
from customers.models import Member
from tests.workflow.calling import Desk
from workflow import advice
from workflow.advice_lines import OWN
from workflow.models import AdviceLine

LANGUAGES = ["en", "zh-hans", "zh-hant"]


@pytest.fixture
def desk(shop, now):
    return Desk(shop, now)


def line(branch=None, **fields):
    return AdviceLine.objects.create(
        **{
            "branch": branch,
            "appointment_kind": "shoot",
            "topic": "prepare",
            "text_en": "Ours",
            "text_zh_hans": "我们的",
            "text_zh_hant": "我們的",
        }
        | fields
    )


def in_month(desk, month, **fields):
    return desk.appointment(desk.branch.at(date(2027, month, 15), time(9)), **fields)


def of_package(desk, kind, **fields):
    row = desk.appointment(**fields)
    row.booking = Booking(package_version=PackageVersion(package=Package(kind=kind)))
    return row


# --- The program's own -----------------------------------------------------------------------
def test_r3_1_gentlemen_and_ladies_each_have_their_sentence(desk):
    words = " ".join(advice.preparation(desk.appointment()))
    assert "haircut" in words
    assert "drink less water" in words
    assert "little ones" not in words


def test_r3_1_a_child_comes_after_a_nap(desk):
    customer = desk.customer()
    Member.objects.create(customer=customer, name="小宝", role="child", salutation="none", position=3)
    assert any("nap" in one for one in advice.preparation(desk.appointment(customer=customer)))


def test_who_only_makes_the_calls_is_not_in_front_of_the_camera(desk):
    customer = desk.customer()
    customer.members.update(role="contact")
    assert advice.preparation(desk.appointment(customer=customer)) == [
        "Sleep well the night before, and come with washed hair and trimmed nails."
    ]


@pytest.mark.parametrize(("month", "said"), [(1, "cold"), (7, "hot"), (12, "cold"), (8, "hot")])
def test_r3_4_what_to_bring_follows_the_season(desk, month, said):
    assert any(said in one for one in advice.bring(in_month(desk, month)))


def test_r3_4_the_season_is_that_of_the_branchs_calendar(desk, shop):
    """The first of June in Shanghai is still May in London."""
    row = desk.appointment(shop.branch.at(date(2027, 6, 1), time(0, 30)))
    assert any("hot" in one for one in advice.bring(row))


def test_r3_1_the_package_has_its_own(desk):
    assert any("flat shoes" in one for one in advice.bring(of_package(desk, "wedding")))
    assert not any("flat shoes" in one for one in advice.bring(of_package(desk, "baby")))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_in_the_language_that_is_active_and_fits_a_line_of_the_settings(language):
    with override(language):
        for own in OWN:
            assert 0 < len(str(own.text)) <= 200


# --- The house's and the branch's ------------------------------------------------------------
def test_r3_1_lines_of_the_house_stand_in_place_of_the_programs_for_that_topic_only(desk):
    line()
    row = desk.appointment()
    assert advice.preparation(row) == ["Ours"]
    assert len(advice.caring_notes(row)) > 1


def test_r3_1_lines_of_the_branch_stand_in_place_of_the_houses(desk, shop):
    line()
    line(shop.branch, text_en="Here")
    line(shop.other_branch, text_en="There")
    assert advice.preparation(desk.appointment()) == ["Here"]


def test_a_line_that_is_switched_off_is_not_said_and_the_programs_do_not_come_back(desk):
    line(is_active=False)
    assert advice.preparation(desk.appointment()) == []


def test_r3_1_lines_speak_the_language_that_is_active(desk):
    line()
    row = desk.appointment()
    with override("zh-hans"):
        assert advice.preparation(row) == ["我们的"]
    with override("zh-hant"):
        assert advice.preparation(row) == ["我們的"]


def test_r3_1_conditions_of_a_line_person_package_and_months(desk):
    line(person="child", text_en="child")
    line(person="mr", text_en="mr", position=1)
    line(package_kind="baby", text_en="baby", position=2)
    line(package_kind="wedding", text_en="wedding", position=3)
    line(month_from=11, month_until=2, text_en="winter", position=4)
    row = of_package(desk, "wedding", starts_at=desk.branch.at(date(2027, 1, 5), time(9)))
    assert advice.preparation(row) == ["mr", "wedding", "winter"]


@given(month=st.integers(1, 12), first=st.integers(1, 12), last=st.integers(1, 12))
def test_months_go_round_the_year(month, first, last):
    span = [first]
    while span[-1] != last:
        span.append(span[-1] % 12 + 1)
    assert advice.in_season(month, (first, last)) == (month in span)


def test_for_many_appointments_one_question_is_asked(desk, django_assert_num_queries):
    line()
    rows = [desk.appointment() for _number in range(4)]
    for row in rows:
        list(row.customer.members.all())
    with django_assert_num_queries(1):
        book = advice.Book.of(row.branch_id for row in rows)
        for row in rows:
            book.caring_notes(row)


# --- In the settings -------------------------------------------------------------------------
def test_the_house_begins_with_the_programs_lines_and_says_the_same_as_before(desk, shop, sign_in):
    rows = [of_package(desk, kind) for kind in ("wedding", "baby")]
    before = [advice.preparation(row) + advice.bring(row) + advice.caring_notes(row) for row in rows]
    own = sign_in(shop.administrator)
    page = own.get("/admin/workflow/adviceline/").content.decode()
    assert "Write down the house" in page
    answer = own.post("/admin/workflow/adviceline/own/", follow=True).content.decode()
    assert f"{len(OWN)} lines were written down." in answer
    assert AdviceLine.objects.count() == len(OWN)
    after = [advice.preparation(row) + advice.bring(row) + advice.caring_notes(row) for row in rows]
    assert after == before
    own.post("/admin/workflow/adviceline/own/")
    assert AdviceLine.objects.count() == len(OWN)


def test_looking_writes_nothing_and_only_who_sets_things_up_may_press(shop, sign_in):
    assert sign_in(shop.administrator).get("/admin/workflow/adviceline/own/").status_code == 405
    assert sign_in(shop.owner).post("/admin/workflow/adviceline/own/").status_code in {302, 403}
    assert AdviceLine.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_once_write_them_once(shop):
    def press():
        try:
            advice.write_down_own()
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert AdviceLine.objects.count() == len(OWN)


def fields(**changes):
    return {
        "branch": "",
        "appointment_kind": "shoot",
        "topic": "prepare",
        "position": 0,
        "is_active": "on",
        "text_en": "a",
        "text_zh_hans": "b",
        "text_zh_hant": "c",
        "package_kind": "",
        "person": "",
        "month_from": "",
        "month_until": "",
    } | changes


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"month_from": 11}, "Give both months, or neither."),
        ({"month_from": 0, "month_until": 13}, "greater than or equal to 1"),
        ({"text_en": "x" * 201}, "at most 200"),
        ({"text_en": "a\x00b"}, "Null characters"),
        ({"topic": "gossip"}, "valid choice"),
    ],
)
def test_what_cannot_be_a_line_is_said_at_its_field(shop, sign_in, changes, sentence):
    answer = sign_in(shop.administrator).post("/admin/workflow/adviceline/add/", fields(**changes))
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert AdviceLine.objects.count() == 0


def test_a_line_of_a_branch_that_is_not_ones_own_is_not_there(shop, sign_in):
    foreign = line(shop.other_branch)
    house = line()
    own = sign_in(shop.administrator)
    assert own.get(f"/admin/workflow/adviceline/{house.pk}/change/").status_code == 200
    assert own.get(f"/admin/workflow/adviceline/{foreign.pk}/change/").status_code == 302
    answer = own.post("/admin/workflow/adviceline/add/", fields(branch=shop.other_branch.pk))
    assert "valid choice" in answer.content.decode()
