"""What was in the hand-offs of the release before becomes stays, from the door to the door (R5.1)."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from tests.studio.test_migrations import another_database, insert

NOON = datetime(2026, 5, 16, 4, 0, tzinfo=UTC)
STAYS = """
    SELECT presence_id, since, until, user_id, department_id, kind FROM workflow_stay
    WHERE superseded_by_id IS NULL ORDER BY presence_id, since, until"""


def at(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


@pytest.mark.django_db(transaction=True)
def test_r5_1_the_days_of_before_have_stays_without_a_hole() -> None:
    with another_database("stays") as (parameters, manage):
        manage("migrate", "workflow", "0006", "-v0")
        with psycopg.connect(**parameters) as shop:
            branch = insert(shop, "staff_branch", code="b", time_zone="Asia/Shanghai")
            desk, styling = (
                insert(shop, "staff_department", branch_id=branch, kind=kind)
                for kind in ("front_desk", "styling")
            )
            owner, artist = (insert(shop, "staff_user", username=name) for name in "ab")
            customer = insert(shop, "customers_customer", branch_id=branch, owner_id=owner, is_active=True)
            bride, groom = (
                insert(shop, "customers_member", customer_id=customer, position=place) for place in (0, 1)
            )
            package = insert(shop, "bookings_package", branch_id=branch)
            version = insert(shop, "bookings_packageversion", package_id=package, price=100)
            sale = {"branch_id": branch, "customer_id": customer, "sold_by_id": owner}
            booking = insert(shop, "bookings_booking", package_version_id=version, state="open", **sale)
            order = insert(shop, "workflow_workorder", branch_id=branch, booking_id=booking, stage="shoot")
            first = insert(
                shop, "workflow_presence", work_order_id=order, member_id=bride, arrived_at=at(0), left_at=at(90),
                since=at(30), with_user_id=owner, department_id=desk,
            )  # fmt: skip
            second = insert(
                shop, "workflow_presence", work_order_id=order, member_id=groom, arrived_at=at(5), left_at=None,
                since=at(10), with_user_id=artist, department_id=styling,
            )  # fmt: skip
            way = {"work_order_id": order, "round": 1, "state": "accepted"}
            there = {
                "giver_id": owner,
                "receiver_id": artist,
                "from_department_id": desk,
                "to_department_id": styling,
            }
            back = {
                "giver_id": artist,
                "receiver_id": owner,
                "from_department_id": styling,
                "to_department_id": desk,
            }
            insert(
                shop, "workflow_handoff", member_id=bride, offered_at=at(8), ended_at=at(10), **way, **there
            )
            insert(
                shop, "workflow_handoff", member_id=bride, offered_at=at(29), ended_at=at(30), **way, **back
            )
            insert(
                shop, "workflow_handoff", member_id=groom, offered_at=at(8), ended_at=at(10), **way, **there
            )
            refused = way | {"state": "returned", "why": "No sheet"}
            insert(
                shop,
                "workflow_handoff",
                member_id=groom,
                offered_at=at(6),
                ended_at=at(7),
                **refused,
                **there,
            )
        manage("migrate", "workflow", "-v0")
        with psycopg.connect(**parameters) as shop:
            found = shop.execute(STAYS).fetchall()
            assert found == [
                (first, at(0), at(10), owner, desk, "with"),
                (first, at(10), at(30), artist, styling, "with"),
                (first, at(30), at(90), owner, desk, "with"),
                (second, at(5), at(10), owner, desk, "with"),
                (second, at(10), None, artist, styling, "with"),
            ]
            # What is looked at when a transaction ends finds nothing amiss.
            shop.execute("UPDATE workflow_presence SET place = 'Room 1'")
            shop.execute("UPDATE workflow_stay SET place = 'Room 1'")
