"""Gowns: held with their cleaning, let go, exchanged; out and back; what was damaged (F6)."""

from datetime import timedelta
from decimal import Decimal

import pytest

from bookings import gown_dangers, gowns, outings, schedule, securities, settlement, till
from bookings.allocation import SlotTaken
from bookings.models import Allocation, Closure, Outing, Resource, ScheduleNotice
from bookings.photos import Picture
from bookings.schedule import NotBookable, slot_at
from bookings.till import NotPayable
from studio.foundation.models import StaleEdit
from studio.staff.models import Membership
from tests.bookings.together import together

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
CLEANING = 2 * 24 * 60
PICTURE = Picture(b"\xff\xd8jpeg", 40, 30)


def make_gown(shop, code="G-1", **fields) -> Resource:
    given = {"style": "A-line", "size": "M", "buffer_after": CLEANING} | fields
    return Resource.objects.create(
        branch=shop.branch, kind="gown", code=code, name_en=f"Gown {code}", name_zh_hans="婚纱",
        name_zh_hant="婚紗", **given,
    )  # fmt: skip


@pytest.fixture
def gown(shop) -> Resource:
    return make_gown(shop)


@pytest.fixture
def wedding(sale):
    """A wedding in thirty days, of an order."""
    return sale.make(sale.slot(days=30, hours=8, resources=[]), "wedding", sale.sell())


def hold(sale, appointment, gown, *, before=1, after=1, **more):
    """From the day before the appointment to the day after it."""
    given = {"by": sale.shop.owner, "now": sale.now} | more
    given.setdefault("starts_at", appointment.starts_at - before * DAY)
    given.setdefault("ends_at", appointment.ends_at + after * DAY)
    return gowns.hold(appointment, gown, **given)


def out(sale, appointment, gown, *, now=None, **more) -> Outing:
    moment = now or appointment.starts_at - DAY
    given = {"due_back_at": appointment.ends_at + DAY, "by": sale.shop.artist, "now": moment} | more
    return outings.give_out(appointment, gown, **given)


def held(gown) -> list[Allocation]:
    return list(Allocation.objects.active().filter(resource=gown).order_by("used"))


def kinds(appointment) -> list[str]:
    return list(appointment.events.values_list("kind", flat=True))


# --- Held ----------------------------------------------------------------------------------------
def test_a_gown_is_held_for_the_days_around_a_wedding_and_its_cleaning(sale, wedding, gown) -> None:
    hold(sale, wedding, gown)
    (row,) = held(gown)
    assert (row.used.lower, row.used.upper) == (wedding.starts_at - DAY, wedding.ends_at + DAY)
    assert row.during.upper == wedding.ends_at + 3 * DAY
    assert kinds(wedding)[-1] == "gown_held"
    hold(sale, wedding, gown)
    assert len(held(gown)) == 1, "a second press holds nothing twice"
    assert kinds(wedding).count("gown_held") == 1


def test_a_gown_that_is_out_stays_held_when_its_date_is_called_off(sale, wedding, gown) -> None:
    """It hangs in somebody's flat: nobody else gets it before it is back and clean."""
    hold(sale, wedding, gown)
    evening = wedding.starts_at - DAY
    outing = out(sale, wedding, gown, now=evening)
    schedule.cancel(wedding, why="Postponed", by=sale.shop.owner, now=evening + HOUR)
    fitting = sale.make(sale.slot(days=30, hours=1, resources=[]))
    with pytest.raises(SlotTaken):
        hold(sale, fitting, gown, before=0, after=0, now=evening + HOUR)
    outings.take_back(outing, condition="good", by=sale.shop.artist, now=evening + 2 * HOUR)
    (row,) = held(gown)
    assert row.during.upper == evening + 2 * HOUR + 2 * DAY
    later = sale.make(sale.slot(days=33, hours=1, resources=[]))
    hold(sale, later, gown, before=0, after=0, now=evening + 3 * HOUR)


def test_f6_the_security_stays_until_the_gown_is_back(sale, wedding, gown) -> None:
    """Else it would be gone before anybody has seen the damage."""
    booking, shop, evening = wedding.booking, sale.shop, wedding.starts_at - DAY
    till.take(booking, [sale.money("500", "security")], by=shop.cashier, now=sale.now)
    hold(sale, wedding, gown)
    outing = out(sale, wedding, gown, now=evening)
    with pytest.raises(NotPayable, match="out with them"):
        securities.return_all(booking, why="Back", by=shop.cashier, now=evening + HOUR)
    with pytest.raises(NotPayable, match="out with them"):
        settlement.call_off(booking, fault="customer", why="Ill", by=shop.manager, now=evening + HOUR)
    back = {"condition": "damaged", "repaired_at": evening + 9 * DAY}
    back = outings.take_back(outing, by=shop.artist, now=evening + 2 * HOUR, **back)
    outings.charge(back, amount=Decimal("200"), by=shop.cashier, now=evening + 3 * HOUR)
    settlement.call_off(booking, fault="customer", why="Ill", by=shop.manager, now=evening + 4 * HOUR)
    given_back = booking.payments.filter(kind="refund", account="security")
    assert [row.amount for row in given_back] == [Decimal("-300")]
    assert till.balance(booking) == 0


def test_while_it_is_cleaned_nobody_else_gets_it(sale, wedding, gown) -> None:
    hold(sale, wedding, gown)
    fitting = sale.make(sale.slot(days=32, hours=1, resources=[]))
    with pytest.raises(SlotTaken) as taken:
        hold(sale, fitting, gown, before=0, after=0)
    assert "made ready after" in str(taken.value)
    later = sale.make(sale.slot(days=34, hours=1, resources=[]))
    hold(sale, later, gown, before=0, after=0)


def test_two_looks_of_one_party_do_not_fight_about_the_cleaning(sale, gown) -> None:
    shoot = sale.make(sale.slot(days=3, hours=6), "shoot", sale.sell())
    for look, hours in ((1, 0), (2, 4)):
        start = shoot.starts_at + hours * HOUR
        hold(sale, shoot, gown, starts_at=start, ends_at=start + HOUR, look=look)
    assert [row.look for row in held(gown)] == [1, 2]
    assert len(shoot.allocations.active()) == 5, "who else is held stays held"


def test_a_gown_moves_along_with_its_date(sale, wedding, gown) -> None:
    hold(sale, wedding, gown)
    to = slot_at(wedding, wedding.starts_at + 5 * DAY, wedding.ends_at + 5 * DAY)
    schedule.move(wedding, slot=to, version=None, by=sale.shop.owner, now=sale.now)
    assert held(gown)[0].used.lower == to.starts_at - DAY
    schedule.cancel(wedding, why="x", by=sale.shop.owner, now=sale.now)
    assert held(gown) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"ends_at": -DAY}, "until"),
        ({"starts_at": timedelta(days=-40), "ends_at": timedelta(days=-39)}, "until"),
        ({"starts_at": timedelta(days=2000), "ends_at": timedelta(days=2001)}, "from"),
        ({"ends_at": timedelta(days=90)}, "until"),
        ({"look": 0}, "look"),
        ({"look": 99}, "look"),
    ],
)
def test_times_and_looks_that_nobody_can_mean_are_refused(sale, wedding, gown, change, field) -> None:
    at = {key: wedding.starts_at + value if key != "look" else value for key, value in change.items()}
    with pytest.raises(NotBookable) as refusal:
        hold(sale, wedding, gown, **at)
    assert refusal.value.field == field


def test_only_an_active_gown_of_this_branch_is_held(sale, wedding, shop) -> None:
    theirs = make_gown(shop, "T-1")
    Resource.objects.filter(pk=theirs.pk).update(branch=shop.other_branch)
    sold = make_gown(shop, "S-1", is_active=False)
    for wrong in (theirs, sold, shop.floor):
        with pytest.raises(NotBookable, match="can't be booked here"):
            hold(sale, wedding, wrong)


def test_nothing_is_held_for_what_was_called_off(sale, wedding, gown) -> None:
    schedule.cancel(wedding, why="x", by=sale.shop.owner, now=sale.now)
    with pytest.raises(NotBookable, match="called off"):
        hold(sale, wedding, gown)


def test_let_go_it_is_free_at_once(sale, wedding, gown) -> None:
    hold(sale, wedding, gown)
    for _press in range(2):
        gowns.let_go(wedding, gown, by=sale.shop.owner, now=sale.now)
    assert held(gown) == []
    assert kinds(wedding).count("gown_let_go") == 1


@pytest.mark.django_db(transaction=True)
def test_of_eight_who_want_one_gown_exactly_one_gets_it(sale, gown) -> None:
    rows = [sale.make(sale.slot(days=30, hours=8, resources=[]), "wedding") for _n in range(8)]
    answers = together([lambda row=row: hold(sale, row, gown) for row in rows])
    assert sum(isinstance(answer, SlotTaken) for answer in answers) == 7, answers
    assert len(held(gown)) == 1


# --- Another in its place ------------------------------------------------------------------------
def test_a_substitute_is_of_the_same_style_then_size_and_free_with_its_cleaning(
    sale, wedding, gown, shop
) -> None:
    other, size, style, busy = (
        make_gown(shop, "O", style="mermaid", size="S"),
        make_gown(shop, "Z", style="mermaid"),
        make_gown(shop, "Y", size="S", style="a-LINE "),
        make_gown(shop, "B"),
    )
    hold(sale, wedding, gown)
    after = sale.make(sale.slot(days=33, hours=1, resources=[]))
    hold(sale, after, busy, before=0, after=0)
    (row,) = held(gown)
    assert gown_dangers.substitutes([row], shop.branch)[row.pk] == [style, size, other]


def test_a_substitute_takes_over_all_that_was_held_and_everybody_concerned_is_told(
    sale, wedding, gown, shop
) -> None:
    new = make_gown(shop, "G-2")
    hold(sale, wedding, gown)
    gowns.substitute(wedding, gown, new, why="a stain", by=shop.manager, now=sale.now)
    assert held(gown) == []
    assert held(new)[0].used.lower == wedding.starts_at - DAY
    told = set(ScheduleNotice.objects.values_list("user", flat=True))
    assert told == {shop.owner.pk, shop.artist.pk}
    event = wedding.events.get(kind="gown_substituted")
    assert event.sentence == "Gown G-2 (G-2) takes the place of Gown G-1 (G-1): a stain"
    gowns.substitute(wedding, gown, new, why="a stain", by=shop.manager, now=sale.now)
    assert kinds(wedding).count("gown_substituted") == 1, "a second press"


def test_who_is_told_sees_which_gown_came_and_which_went(sale, wedding, gown, shop, sign_in) -> None:
    new = make_gown(shop, "G-2")
    hold(sale, wedding, gown)
    gowns.substitute(wedding, gown, new, why="a stain", by=shop.manager, now=sale.now)
    from bookings import notices

    (notice,) = notices.unseen([shop.owner], shop.branch, sale.now)
    assert (notice.change.joined, notice.change.left) == ([new], [gown])


def test_a_substitute_that_is_taken_changes_nothing(sale, wedding, gown, shop) -> None:
    new = make_gown(shop, "G-2")
    hold(sale, wedding, gown)
    hold(sale, sale.make(sale.slot(days=30, hours=2, resources=[])), new)
    with pytest.raises(SlotTaken):
        gowns.substitute(wedding, gown, new, why="a stain", by=shop.manager, now=sale.now)
    assert len(held(gown)) == 1
    for wrong, why in ((gown, "x"), (new, " ")):
        with pytest.raises(NotBookable):
            gowns.substitute(wedding, gown, wrong, why=why, by=shop.manager, now=sale.now)


def test_what_is_not_held_can_not_be_exchanged(sale, wedding, gown, shop) -> None:
    with pytest.raises(NotBookable, match="not held"):
        gowns.substitute(wedding, gown, make_gown(shop, "G-2"), why="x", by=shop.manager, now=sale.now)


# --- Out and back --------------------------------------------------------------------------------
def test_a_gown_goes_out_photographed_and_comes_back_photographed(sale, wedding, gown) -> None:
    hold(sale, wedding, gown)
    outing = out(sale, wedding, gown, photos=[PICTURE, PICTURE], note="pearls complete")
    assert outing.photos.count() == 2
    back = outings.take_back(
        outing, condition="worn", photos=[PICTURE], by=sale.shop.artist, now=wedding.ends_at + 4 * HOUR
    )
    assert (back.back_condition, back.back_by) == ("worn", sale.shop.artist)
    assert list(outing.photos.values_list("is_back", flat=True)) == [False, False, True]
    (row,) = held(gown)
    assert row.used.upper == wedding.ends_at + 4 * HOUR, "back early, it is cleaned and free earlier"
    assert kinds(wedding)[-2:] == ["gown_out", "gown_back"]


def test_out_once_and_back_once_whoever_presses(sale, wedding, gown) -> None:
    hold(sale, wedding, gown)
    outing = out(sale, wedding, gown)
    assert out(sale, wedding, gown) == outing
    moment = wedding.ends_at + HOUR
    for _press in range(2):
        outings.take_back(outing, condition="good", version=1, by=sale.shop.artist, now=moment)
    assert kinds(wedding).count("gown_back") == 1


def test_a_gown_that_is_out_goes_to_nobody_else(sale, wedding, gown) -> None:
    hold(sale, wedding, gown)
    out(sale, wedding, gown)
    other = sale.make(sale.slot(days=50, hours=8, resources=[]), "wedding")
    hold(sale, other, gown)
    with pytest.raises(NotBookable, match="out with somebody else"):
        out(sale, other, gown, now=wedding.starts_at)
    for act in (
        lambda: gowns.let_go(wedding, gown, by=None, now=sale.now),
        lambda: gowns.substitute(wedding, gown, make_gown(sale.shop, "N"), why="x", by=None, now=sale.now),
    ):
        with pytest.raises(NotBookable, match="Take it back first"):
            act()


def test_what_leaves_early_or_comes_back_late_is_held_for_as_long(sale, wedding, gown) -> None:
    hold(sale, wedding, gown)
    early, late = wedding.starts_at - 3 * DAY, wedding.ends_at + 2 * DAY
    out(sale, wedding, gown, now=early, due_back_at=late)
    (row,) = held(gown)
    assert (row.used.lower, row.used.upper) == (early, late)


def test_it_is_not_promised_out_into_the_next_partys_time(sale, wedding, gown) -> None:
    hold(sale, wedding, gown)
    hold(sale, sale.make(sale.slot(days=36, hours=8, resources=[]), "wedding"), gown)
    with pytest.raises(SlotTaken):
        out(sale, wedding, gown, due_back_at=wedding.ends_at + 3 * DAY)
    assert not Outing.objects.exists()
    assert held(gown)[0].used.upper == wedding.ends_at + DAY


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"due_back_at": timedelta(0)}, "due_back"),
        ({"due_back_at": timedelta(days=60)}, "due_back"),
        ({"condition": "damaged"}, "condition"),
        ({"photos": [PICTURE] * 7}, "photos"),
    ],
)
def test_going_out_is_refused_with_a_sentence_at_its_field(sale, wedding, gown, change, field) -> None:
    hold(sale, wedding, gown)
    moment = wedding.starts_at - DAY
    given = {key: moment + value if key == "due_back_at" else value for key, value in change.items()}
    with pytest.raises(NotBookable) as refusal:
        out(sale, wedding, gown, **given)
    assert refusal.value.field == field
    assert not Outing.objects.exists()


def test_a_gown_that_nobody_holds_does_not_go_out(sale, wedding, gown) -> None:
    with pytest.raises(NotBookable, match="Hold the gown"):
        out(sale, wedding, gown)


def test_a_stale_page_does_not_take_it_back(sale, wedding, gown) -> None:
    hold(sale, wedding, gown)
    outing = out(sale, wedding, gown)
    with pytest.raises(StaleEdit):
        outings.take_back(outing, condition="good", version=7, by=sale.shop.artist, now=wedding.ends_at)


# --- Damage --------------------------------------------------------------------------------------
def came_back(sale, wedding, gown, condition="damaged", days=5) -> Outing:
    hold(sale, wedding, gown)
    outing = out(sale, wedding, gown)
    moment = wedding.ends_at + HOUR
    return outings.take_back(
        outing, condition=condition, repaired_at=moment + days * DAY, by=sale.shop.artist, now=moment
    )


def test_a_damaged_gown_is_kept_free_until_it_is_mended(sale, wedding, gown) -> None:
    back = came_back(sale, wedding, gown)
    fitting = sale.make(sale.slot(days=34, hours=1, resources=[]))
    with pytest.raises(NotBookable, match="kept free"):
        hold(sale, fitting, gown, before=0, after=0)
    outings.in_order_again(gown, by=sale.shop.artist, now=back.back_at + HOUR)
    assert Closure.objects.get().lifted_at is not None
    hold(sale, fitting, gown, before=0, after=0)


def test_whoever_has_it_meanwhile_is_endangered_and_a_substitute_is_proposed(
    sale, wedding, gown, shop
) -> None:
    new, next_one = make_gown(shop, "G-2"), sale.make(sale.slot(days=36, hours=2, resources=[]))
    hold(sale, next_one, gown, before=0, after=0)
    back = came_back(sale, wedding, gown, days=10)
    (danger,) = gown_dangers.endangered(shop.branch, back.back_at)
    assert (danger.appointment, danger.why, danger.instead) == (next_one, "mended", [new])
    assert danger.is_certain
    gowns.substitute(next_one, gown, new, why="mended", by=shop.artist, now=back.back_at)
    assert gown_dangers.endangered(shop.branch, back.back_at) == []
    taken = sale.make(sale.slot(days=36, hours=2, resources=[]))
    with pytest.raises(NotBookable):
        hold(sale, taken, gown, before=0, after=0)
    assert all(row.closure_id for row in held(gown) if row.used.lower > back.back_at), "nothing is left open"


def test_a_lost_gown_is_not_booked_again(sale, wedding, gown) -> None:
    came_back(sale, wedding, gown, condition="lost")
    with pytest.raises(NotBookable, match="kept free"):
        hold(sale, sale.make(sale.slot(days=200, hours=1, resources=[])), gown, before=0, after=0)


@pytest.mark.parametrize(
    ("condition", "days"), [("damaged", None), ("soiled", 0), ("damaged", 900), ("odd", 1)]
)
def test_how_it_came_back_is_said_in_full(sale, wedding, gown, condition, days) -> None:
    hold(sale, wedding, gown)
    outing, moment = out(sale, wedding, gown), wedding.ends_at
    until = None if days is None else moment + days * DAY
    with pytest.raises(NotBookable):
        outings.take_back(outing, condition=condition, repaired_at=until, by=sale.shop.artist, now=moment)
    outing.refresh_from_db()
    assert outing.back_at is None


def test_f6_damage_is_charged_once_and_the_gowns_name_stands_on_the_line(sale, wedding, gown) -> None:
    back = came_back(sale, wedding, gown)
    assert list(gown_dangers.undecided(sale.shop.branch)) == [back]
    for _press in range(2):
        outings.charge(back, amount=Decimal("300.00"), by=sale.shop.owner, now=sale.now)
    line = wedding.booking.price_lines.get(kind="damage")
    assert (line.amount, line.label["en"]) == (Decimal("300.00"), "Gown G-1")
    assert not gown_dangers.undecided(sale.shop.branch).exists()


def test_damage_may_be_forgiven_with_a_reason(sale, wedding, gown) -> None:
    back = came_back(sale, wedding, gown)
    with pytest.raises(NotBookable):
        outings.spare(back, why=" ", by=sale.shop.manager, now=sale.now)
    outings.spare(back, why="an old seam", by=sale.shop.manager, now=sale.now)
    assert not gown_dangers.undecided(sale.shop.branch).exists()
    outings.charge(back, amount=Decimal("300.00"), by=sale.shop.owner, now=sale.now)
    assert not wedding.booking.price_lines.filter(kind="damage").exists(), "decided is decided"


def test_what_came_back_well_is_not_charged(sale, wedding, gown) -> None:
    back = came_back(sale, wedding, gown, condition="soiled")
    with pytest.raises(NotBookable, match="good order"):
        outings.charge(back, amount=Decimal("1"), by=sale.shop.owner, now=sale.now)


def test_without_an_order_there_is_nothing_to_charge_it_to(sale, gown) -> None:
    fitting = sale.make(sale.slot(days=30, hours=2, resources=[]))
    back = came_back(sale, fitting, gown)
    with pytest.raises(NotBookable, match="no order"):
        outings.charge(back, amount=Decimal("1"), by=sale.shop.owner, now=sale.now)


# --- Late ----------------------------------------------------------------------------------------
def test_a_gown_that_is_late_endangers_the_next_party_only(sale, wedding, gown, shop) -> None:
    new = make_gown(shop, "G-2")
    hold(sale, wedding, gown)
    out(sale, wedding, gown)
    rows = [sale.make(sale.slot(days=day, hours=2, resources=[])) for day in (37, 41)]
    for row in rows:
        hold(sale, row, gown, before=0, after=0)
    due = wedding.ends_at + DAY
    assert gown_dangers.endangered(shop.branch, due - HOUR) == []
    (danger,) = gown_dangers.endangered(shop.branch, due + HOUR)
    assert (danger.appointment, danger.why, danger.is_certain, danger.instead) == (
        rows[0],
        "late",
        False,
        [new],
    )
    (danger,) = gown_dangers.endangered(shop.branch, rows[0].starts_at - DAY)
    assert danger.is_certain, "there is no time left to clean it"


def test_questions_do_not_grow_with_gowns(sale, wedding, shop, django_assert_num_queries) -> None:
    def measure():
        with django_assert_num_queries(7):
            return gown_dangers.endangered(shop.branch, wedding.ends_at + 2 * DAY)

    for count, number in ((1, 1), (6, 5)):
        for place in range(number):
            gown = make_gown(shop, f"Q{count}{place}")
            hold(sale, wedding, gown)
            out(sale, wedding, gown)
            hold(sale, sale.make(sale.slot(days=37, hours=2, resources=[])), gown, before=0, after=0)
        assert len(measure()) == count


def test_staff_of_styling_are_found_by_department(shop) -> None:
    assert [row.user for row in gowns.in_styling(shop.branch)] == [shop.artist]
    Membership.objects.filter(user=shop.artist).update(is_active=False)
    assert not gowns.in_styling(shop.branch)
