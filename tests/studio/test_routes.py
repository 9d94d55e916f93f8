"""Access: every address, every role, and the neighbour branch. An address that is not listed here fails the test."""

from collections.abc import Iterator
from datetime import time, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from bookings import (
    add_ons,
    closures,
    credit_notes,
    discounts,
    fapiao,
    feeds,
    gowns,
    outings,
    schedule,
    securities,
    waiting,
)
from bookings.models import AddOn, BookingRequest, Resource
from bookings.photos import Picture
from bookings.schedule import Slot
from bookings.till import Money
from customers import disputes, files, knowledge, ownership
from customers.party import MemberDraft
from studio.outbox import alerts
from studio.outbox.models import Message
from studio.staff import badges, leaves
from studio.staff.models.membership import ALL_ROLES, DEPARTMENTS, FRONT, MANAGERS, SERVING, TAKES_MONEY, Role
from workflow import (
    calls,
    care,
    day,
    disruptions,
    handoffs,
    incoming_calls,
    promises,
    readiness,
    undone,
    visits,
)
from workflow.models import CallKind, LateRecord, Reshoot, VisitImport, WeatherPlan
from workflow.orders import sell_and_open

PUBLIC, SIGNED_IN, LIBRARY = "public", "signed_in", None
LOOKS = DEPARTMENTS | FRONT

ROUTES: dict[str, Any] = {
    "foundation:theme": PUBLIC,
    "foundation:language": PUBLIC,
    "foundation:healthz": PUBLIC,
    "foundation:readyz": PUBLIC,
    "foundation:metrics": PUBLIC,
    "staff:actor": SIGNED_IN,
    "staff:branch": SIGNED_IN,
    "staff:me": SIGNED_IN,
    "staff:welcome": PUBLIC,
    "staff:badge": SERVING,
    "staff:badges": MANAGERS,
    "staff:colleague_badge": MANAGERS,
    "desk:today": SIGNED_IN,
    "outbox:receipts": PUBLIC,
    "outbox:receipts_by_address": PUBLIC,
    "outbox:bell": ALL_ROLES,
    "outbox:bell_part": ALL_ROLES,
    "outbox:bell_sight": ALL_ROLES,
    "outbox:bell_sight_of_one": ALL_ROLES,
    "outbox:bell_sound": ALL_ROLES,
    "desk:search": SERVING,
    "desk:duties": ALL_ROLES,
    "desk:digest": FRONT,
    "staff:leave": ALL_ROLES,
    "staff:leave_new": ALL_ROLES,
    "staff:illness": MANAGERS,
    "staff:leave_request": ALL_ROLES,
    "staff:leave_consent": MANAGERS | {Role.DEPARTMENT_HEAD},
    "staff:leave_refusal": MANAGERS | {Role.DEPARTMENT_HEAD},
    "staff:leave_withdrawal": ALL_ROLES,
    "staff:leave_return": ALL_ROLES,
    "staff:hand_over": ALL_ROLES,
    "staff:hand_over_acceptance": ALL_ROLES,
    "staff:hand_over_deputy": ALL_ROLES,
    "workflow:visits": FRONT,
    "workflow:visits_paper": FRONT,
    "workflow:visits_export": MANAGERS,
    "workflow:online_requests": FRONT,
    "workflow:online_request": FRONT,
    "workflow:online_taking_up": FRONT,
    "workflow:online_answer": FRONT,
    "workflow:incoming_calls": FRONT,
    "workflow:incoming_number": FRONT,
    "workflow:incoming_door": FRONT,
    "workflow:incoming_call": FRONT,
    "workflow:visit_imports": MANAGERS,
    "workflow:visit_import_template": MANAGERS,
    "workflow:visit_import": MANAGERS,
    "workflow:visit_import_answers": MANAGERS,
    "workflow:visit_import_writing": MANAGERS,
    "workflow:visit_import_removal": MANAGERS,
    "workflow:visit_import_preview": MANAGERS,
    "workflow:visit_number": FRONT,
    "workflow:visit_lunar": FRONT,
    "workflow:visit": FRONT,
    "workflow:visit_greeting": FRONT,
    "workflow:visit_departure": FRONT,
    "workflow:visit_reopening": FRONT,
    "workflow:visit_clock": FRONT,
    "workflow:rotation": FRONT,
    "workflow:rotation_board": FRONT,
    "workflow:rotation_absence": FRONT,
    "workflow:rotation_presence": FRONT,
    "workflow:sale": FRONT,
    "workflow:sale_total": FRONT,
    "workflow:add_ons": FRONT,
    "workflow:add_ons_shown": FRONT,
    "workflow:take_back": FRONT,
    "workflow:rush": FRONT,
    "workflow:discount": FRONT,
    "workflow:discount_answer": MANAGERS,
    "workflow:discount_withdrawal": FRONT,
    "workflow:discount_seen": FRONT,
    "workflow:payment": TAKES_MONEY,
    "workflow:reversal": MANAGERS,
    "workflow:refund": TAKES_MONEY,
    "workflow:security": TAKES_MONEY,
    "workflow:security_return": TAKES_MONEY,
    "workflow:damage": TAKES_MONEY,
    "workflow:damage_lift": MANAGERS,
    "workflow:credit": MANAGERS,
    "workflow:order_call_off": MANAGERS,
    "workflow:statement": TAKES_MONEY,
    "workflow:instalments": FRONT,
    "workflow:fapiao": TAKES_MONEY,
    "workflow:fapiao_void": MANAGERS,
    "bookings:credit_note": TAKES_MONEY,
    "workflow:terms": FRONT,
    "workflow:waiver": MANAGERS,
    "workflow:agree": FRONT,
    "workflow:move": FRONT,
    "workflow:call_off": FRONT,
    "workflow:confirm_at_desk": FRONT,
    "workflow:board": SERVING,
    "workflow:closed": SERVING,
    "workflow:order": SERVING,
    "workflow:stage": SERVING,
    "workflow:selection": SERVING,
    "workflow:selection_note": FRONT,
    "workflow:selection_sheet": SERVING,
    "workflow:pickup": SERVING,
    "workflow:pickup_signature": FRONT,
    "workflow:selection_signature": FRONT,
    "workflow:set": FRONT,
    "workflow:promises": SERVING,
    "workflow:promise_kept": FRONT,
    "workflow:deliveries": SERVING,
    "workflow:readiness": SERVING,
    "workflow:item_made": DEPARTMENTS | MANAGERS,
    "workflow:house": SERVING,
    "workflow:house_record": MANAGERS,
    "workflow:house_record_rows": MANAGERS,
    "workflow:late_records": SERVING,
    "workflow:late_clashes": SERVING,
    "workflow:late_clash": SERVING,
    "workflow:arrival": FRONT,
    "workflow:sheet": SERVING,
    "workflow:sheet_customer": SERVING,
    "workflow:sheet_paper": LOOKS,
    "workflow:sheet_photos": LOOKS,
    "workflow:sheet_photo": SERVING,
    "workflow:scan": PUBLIC,
    "workflow:day_sheets": SERVING,
    "workflow:day_sheets_message": SERVING,
    "workflow:sheet_issue": FRONT,
    "workflow:hand_offs": SERVING,
    "workflow:acceptance": SERVING,
    "workflow:hand_off_return": SERVING,
    "workflow:withdrawal": SERVING,
    "workflow:departure": FRONT,
    "workflow:brief": SERVING,
    "workflow:care": SERVING,
    "workflow:locker_emptied": SERVING,
    "workflow:absence": FRONT,
    "workflow:tablet": SERVING,
    "workflow:tablet_of": SERVING,
    "workflow:tablet_scans": SERVING,
    "workflow:hands": SERVING,
    "workflow:hand_off_words": SERVING,
    "workflow:badge": SERVING,
    "workflow:look_shot": LOOKS,
    "workflow:look_pending": LOOKS,
    "workflow:look_undone": LOOKS,
    "workflow:undone_new": LOOKS,
    "workflow:undone": FRONT,
    "workflow:hold": FRONT,
    "workflow:hold_end": FRONT,
    "workflow:reshoot": FRONT,
    "workflow:reshoot_call_off": FRONT,
    "workflow:disruptions": FRONT,
    "workflow:disruption_new": FRONT,
    "workflow:running_late": FRONT,
    "workflow:disruption": FRONT,
    "workflow:disruption_proposals": FRONT,
    "workflow:disruption_calls": FRONT,
    "workflow:disruption_messages": FRONT,
    "workflow:disruption_end": FRONT,
    "workflow:disruption_shift": FRONT,
    "workflow:disrupted_agreement": FRONT,
    "workflow:disrupted_told": FRONT,
    "workflow:disrupted_standing": FRONT,
    "workflow:disrupted_promise": FRONT,
    "workflow:weather": FRONT,
    "workflow:weather_decision": FRONT,
    "workflow:calls": FRONT,
    "workflow:call": FRONT,
    "workflow:call_outcome": FRONT,
    "workflow:call_giving": MANAGERS,
    "workflow:call_line": FRONT,
    "workflow:call_line_end": FRONT,
    "workflow:call_agreement": FRONT,
    "workflow:call_wish": FRONT,
    "workflow:call_consent": FRONT,
    "workflow:call_number": FRONT,
    "workflow:messages": MANAGERS,
    "workflow:message_preview": FRONT | {Role.ADMINISTRATOR},
    "workflow:message": MANAGERS,
    "workflow:message_resendings": MANAGERS,
    "workflow:message_calls": MANAGERS,
    "workflow:message_resending": MANAGERS,
    "workflow:message_call": MANAGERS,
    "workflow:follow_ups": FRONT,
    "workflow:follow_up": FRONT,
    "workflow:follow_up_end": FRONT,
    "workflow:follow_up_resumption": FRONT,
    "workflow:follow_up_contact": FRONT,
    "workflow:follow_up_new": FRONT,
    "workflow:confirm": PUBLIC,
    "workflow:other_times": PUBLIC,
    "workflow:link_digits": PUBLIC,
    "workflow:link_reach": PUBLIC,
    "workflow:link_stop": PUBLIC,
    "workflow:link_calendar": PUBLIC,
    "customers:list": SERVING,
    "customers:number": FRONT,
    "customers:new": FRONT,
    "customers:file": SERVING,
    "customers:edit": FRONT,
    "customers:observations": SERVING,
    "customers:taboos": SERVING,
    "customers:taboo_end": FRONT,
    "customers:contact_refusal": FRONT,
    "customers:owner": MANAGERS,
    "customers:numbers": SERVING,
    "customers:consents": FRONT,
    "customers:stop": FRONT,
    "customers:contact_wishes": FRONT,
    "customers:messages": FRONT,
    "customers:card": FRONT,
    "customers:ownership": FRONT,
    "customers:ownership_open": MANAGERS,
    "customers:transfer_requests": FRONT,
    "customers:transfer_consent": MANAGERS,
    "customers:transfer_refusal": MANAGERS,
    "customers:transfer_withdrawal": FRONT,
    "customers:disputes": FRONT,
    "customers:dispute_decision": FRONT,
    "customers:leaving": MANAGERS,
    "customers:leaver": MANAGERS,
    "wishes:another": PUBLIC,
    "wishes:thanks": PUBLIC,
    "workflow:visit_hand_on": FRONT,
    "workflow:visit_first_consultant": FRONT,
    "workflow:shared_case": MANAGERS,
    "bookings:schedule": SERVING,
    "bookings:place": FRONT,
    "bookings:card": SERVING,
    "bookings:undo": FRONT,
    "bookings:notice_seen": SERVING,
    "bookings:calendars": SERVING,
    "bookings:calendar_revocation": SERVING,
    "bookings:calendar": PUBLIC,
    "bookings:resources": SERVING,
    "bookings:resource": SERVING,
    "bookings:resource_conflicts": FRONT,
    "bookings:overtime": FRONT,
    "bookings:resource_hours": MANAGERS | {Role.DEPARTMENT_HEAD},
    "bookings:resource_closing": MANAGERS | {Role.DEPARTMENT_HEAD},
    "bookings:resource_lifting": MANAGERS | {Role.DEPARTMENT_HEAD},
    "bookings:price_list": SERVING,
    "bookings:receipt": TAKES_MONEY,
    "bookings:gowns": SERVING,
    "bookings:gown": SERVING,
    "bookings:gown_label": SERVING,
    "bookings:gown_photo": SERVING,
    "bookings:gown_in_order": LOOKS,
    "bookings:gown_hold": LOOKS,
    "bookings:gown_out": LOOKS,
    "bookings:gown_substitute": LOOKS,
    "bookings:gown_release": LOOKS,
    "bookings:gown_back": LOOKS,
    "bookings:gown_photos": LOOKS,
    "bookings:gown_damage": TAKES_MONEY,
    "bookings:waiting": FRONT,
    "bookings:waiting_new": FRONT,
    "bookings:waiting_place": FRONT,
    "bookings:waiting_withdrawal": FRONT,
    "bookings:online": PUBLIC,
    "bookings:online_days": PUBLIC,
    "bookings:online_details": PUBLIC,
    "bookings:online_request": PUBLIC,
    "bookings:till": TAKES_MONEY,
    "bookings:till_opening": TAKES_MONEY,
    "bookings:till_movement": TAKES_MONEY,
    "bookings:till_count": TAKES_MONEY,
    "bookings:till_export": MANAGERS | {Role.CASHIER},
    "bookings:shifts": MANAGERS,
    "bookings:shift": TAKES_MONEY,
    "complaints:list": MANAGERS,
    "complaints:word": FRONT,
    "complaints:taken": FRONT,
    "complaints:first_answer": FRONT,
    "dashboards:pulse": MANAGERS,
    "demo:phone": PUBLIC,
    # Allauth's own pages, behind its own checks and LoginRequiredMiddleware.
    "account_login": LIBRARY,
    "account_logout": LIBRARY,
    "account_change_password": LIBRARY,
    "account_reauthenticate": LIBRARY,
    "mfa_index": LIBRARY,
    "mfa_authenticate": LIBRARY,
    "mfa_reauthenticate": LIBRARY,
    "mfa_activate_totp": LIBRARY,
    "mfa_deactivate_totp": LIBRARY,
    "mfa_view_recovery_codes": LIBRARY,
    "mfa_generate_recovery_codes": LIBRARY,
    "mfa_download_recovery_codes": LIBRARY,
    "usersessions_list": LIBRARY,
    "specimen": SIGNED_IN,
}


def walk(resolver: Any, prefix: str = "", namespace: str = "") -> Iterator[tuple[str, str, Any]]:
    """(name, address, view) of every route but the settings area's, which has tests of its own."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            if entry.namespace != "admin":
                inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
                yield from walk(entry, prefix + str(entry.pattern), inner)
        elif isinstance(entry, URLPattern):
            yield f"{namespace}{entry.name}", prefix + str(entry.pattern), entry.callback


FOUND = {name: (address, view) for name, address, view in walk(get_resolver())}
GUARDED = [name for name, access in ROUTES.items() if isinstance(access, frozenset | set)]


def test_every_route_is_listed_and_none_is_listed_that_is_gone() -> None:
    assert sorted(FOUND) == sorted(ROUTES)


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_the_view_carries_the_access_that_is_listed(name: str) -> None:
    access = getattr(FOUND[name][1], "access", None)
    expected = ROUTES[name]
    if isinstance(expected, frozenset | set):
        expected = {str(role.value) for role in expected}
        access = {str(getattr(role, "value", role)) for role in access}
    assert access == expected


@pytest.fixture
def line(shop: SimpleNamespace) -> SimpleNamespace:
    """One of each thing that an address can name."""
    now = timezone.now()
    customer = files.open_file(
        branch=shop.branch, by=shop.owner, now=now, owner=shop.owner, kind="couple", phones=["13800000001"],
        members=[MemberDraft(name="李娜", salutation="ms", role="bride"), MemberDraft(name="张伟", salutation="mr", role="groom")],
    )  # fmt: skip
    visit = visits.receive(branch=shop.branch, by=shop.owner, now=now)
    asked = ownership.ask_for_transfer(
        customer, to=shop.colleague, reason="asked", by=shop.colleague, now=now
    )
    dispute = disputes.raise_dispute(customer, claim="先是我接待的", by=shop.colleague, now=now)
    taboo = knowledge.add_taboo(customer, "别提体重", by=shop.owner, now=now)
    starts = shop.branch.at(shop.branch.today(now) + timedelta(days=1), time(10))
    slot = Slot(
        starts, starts + timedelta(hours=6), [shop.photographer_resource, shop.artist_resource, shop.floor]
    )
    order = sell_and_open(
        customer=customer, package_version=shop.package, by=shop.owner, now=now, terms_accepted=True, shoot=slot,
        payment=Money("earnest", "cash", Decimal("1000")),
    )  # fmt: skip
    shoot = order.booking.appointments.get()
    frame = AddOn.objects.create(branch=shop.branch, kind="item", price=Decimal("300"), name_en="Frame")
    sold = add_ons.sell(order.booking, frame, by=shop.owner, now=now)
    cheaper = discounts.give(order.booking, amount=Decimal("100"), why="老顾客", by=shop.owner, now=now)
    calls.bring_up(shoot, kind=CallKind.CONFIRM, reason="test", now=now)
    call = shoot.calls.get()
    promise = promises.promise(order, what="两张精修", by_when=shop.branch.today(now), by=shop.owner, now=now)
    day.arrive(order, members=customer.members.all(), by=shop.owner, now=now)
    day.issue_sheet(order, by=shop.owner, now=now)
    brought = handoffs.offer(order, members=customer.members.all(), to=shop.styling, by=shop.owner, now=now)
    _badge, badge_code = badges.new_badge(shop.artist, by=shop.manager, now=now)
    selection = starts + timedelta(days=7)
    chosen = schedule.make_appointment(
        branch=shop.branch, customer=customer, booking=order.booking, kind="selection", by=shop.owner, now=now,
        slot=Slot(selection, selection + timedelta(hours=1), [shop.selection_room]),
    )  # fmt: skip
    readiness.ensure(chosen, now=now)
    away = shop.branch.today(now) + timedelta(days=30)
    leave = leaves.ask_leave(
        user=shop.owner, branch=shop.branch, starts_on=away, ends_on=away, deputies={away: shop.colleague},
        by=shop.owner, now=now,
    )  # fmt: skip
    later = Slot(selection + timedelta(hours=2), selection + timedelta(hours=3), [shop.selection_room])
    schedule.move(chosen, slot=later, version=None, by=shop.colleague, now=now)
    feed, _address = feeds.make(shop.branch, user=shop.owner, by=shop.owner, now=now)
    prospect = files.open_file(
        branch=shop.branch, by=shop.owner, now=now, owner=shop.owner, kind="person", phones=["13800000002"],
        members=[MemberDraft(name="周婷", salutation="ms", role="guest")],
    )  # fmt: skip
    undecided = visits.receive(branch=shop.branch, by=shop.owner, now=now, customer=prospect)
    visits.end(undecided, outcome="undecided", by=shop.owner, now=now)
    follow_up = prospect.follow_ups.get()
    payment = order.booking.payments.get()
    damage = securities.charge_damage(
        order.booking, label="头纱", amount=Decimal("50"), by=shop.owner, now=now
    )
    invoice = fapiao.record(
        order.booking, number="24117000", buyer="张伟", amount=Decimal("100"), issued_on=shop.branch.today(now),
        by=shop.owner, now=now,
    )  # fmt: skip
    note = credit_notes.issue(
        order.booking,
        lines=[("credit", {"en": "Credit"}, Decimal("-10"))],
        why="送相框",
        by=shop.manager,
        now=now,
    )
    visit_import = VisitImport.objects.create(
        branch=shop.branch, file_name="old.xlsx", uploaded_by=shop.manager
    )
    closure = closures.close(
        shop.selection_room, starts_at=starts + timedelta(days=30), ends_at=starts + timedelta(days=31),
        why="Painting", by=shop.manager, now=now,
    )  # fmt: skip
    wish = BookingRequest.objects.create(
        branch=shop.branch,
        name="周婷",
        phone="+8613800000077",
        language="zh-hans",
        state="new",
        verified_at=now,
    )
    wardrobe = Resource.objects.create(branch=shop.branch, kind="gown", code="G-1", name_en="Gown")
    gowns.hold(shoot, wardrobe, starts_at=starts, ends_at=starts + timedelta(days=1), by=shop.owner, now=now)
    outing = outings.give_out(
        shoot, wardrobe, due_back_at=starts + timedelta(days=1), photos=[Picture(b"jpeg", 4, 3)], by=shop.owner, now=now
    )  # fmt: skip
    entry = waiting.join(
        branch=shop.branch, customer=customer, kind="fitting", first_day=away, last_day=away, minutes=60,
        by=shop.owner, now=now,
    )  # fmt: skip
    message = Message.objects.create(
        branch=shop.branch, purpose="reminder", subject_id=shoot.pk, channel="sms", language="en", recipient="+8613800000001",
        due_at=now, deadline=now + timedelta(hours=1), dedupe_key="written", about_customer=customer.pk,
    )  # fmt: skip
    alerts.ring(
        [shop.owner], "gateway_back", branch=shop.branch, about="1", now=now, parameters={"gateway": 1}
    )
    late = LateRecord.objects.create(
        branch=shop.branch, work_order=order, source="offline", kind="accept", happened_at=now, received_at=now,
        actor=shop.artist, entered_by=shop.artist, state="clash", clash={"code": "taken"},
    )  # fmt: skip
    again = Reshoot.objects.create(
        work_order=order, kind="again", cause="ours", why="眼睛闭上了", by=shop.owner, at=now
    )
    broken = disruptions.open_disruption(
        shop.branch, kind="weather", resource=None, starts_at=starts, ends_at=starts + timedelta(hours=6), why="暴雨",
        only=[shoot], by=shop.owner, now=now,
    )  # fmt: skip
    WeatherPlan.objects.create(appointment=shoot, decides_at=now, plan_b="go", by=shop.owner)
    return SimpleNamespace(
        locker=care.give_locker(order, number="7", by=shop.owner, now=now), broken=broken, late=late, again=again, undone=undone.write_down(order, what="捧花特写", why="下雨", by=shop.owner, now=now),
        message=message, alert=shop.owner.alerts.get(), hand_off=brought[0], badge_code=badge_code, department=shop.styling,
        photo=outing.photos.get(), sheet_photo=order.sheet_photos.create(data=b"jpeg", width=4, height=3, by=shop.owner), gown_hold=shoot.allocations.active().get(resource=wardrobe), entry=entry,
        wish=wish,
        closure=closure, sold=sold, cheaper=cheaper, damage=damage, fapiao=invoice, note=note, notice=chosen.notices.get(user=shop.owner), move=chosen.events.get(kind="moved"), feed=feed,
        visit_import=visit_import, incoming=incoming_calls.ring(branch=shop.branch, by=shop.owner, now=now),
        follow_up=follow_up, contact=follow_up.contacts.earliest("number"),
        customer=customer, visit=visit, order=order, shoot=shoot, call=call, promise=promise, payment=payment,
        taboo=taboo, asked=asked, dispute=dispute, look=order.looks.first(), item=order.items.first(), receipt=payment.receipt, consultant=shop.owner, leave=leave,
    )  # fmt: skip


def arguments(name: str, line: SimpleNamespace) -> dict[str, Any]:
    """What the address names: one of the rows of `line`."""
    address = FOUND[name][0]
    if "<" not in address:
        return {}
    if name.startswith("workflow:online_"):
        return {"pk": line.wish.pk}
    if name == "workflow:badge":
        return {"code": line.badge_code}
    if name == "workflow:house_record_rows":
        return {"what": "gaps"}  # no row of ours: everybody's own record has it
    if name == "bookings:shift":
        return {"pk": line.payment.shift_id}
    first = address.split("/")[0]
    row = {
        "visits": line.visit, "orders": line.order, "customers": line.customer, "appointments": line.shoot,
        "promises": line.promise, "items": line.item, "looks": line.look, "calls": line.call, "receipts": line.receipt,
        "credit-notes": line.note,
        "tablet": line.department, "hand-offs": line.hand_off, "colleagues": line.consultant,
        "rotation": line.consultant, "voices": line.order, "leave": line.leave, "hand-over": line.leave.days.get(),
        "follow-ups": line.follow_up, "schedule-notices": line.notice, "calendar": line.feed, "incoming": line.incoming, "follow-up-contacts": line.contact,
        "resources": line.closure.resource, "gowns": line.photo.outing.resource, "gown-holds": line.gown_hold,
        "disruptions": line.broken, "disrupted-dates": line.broken.dates.get(), "late-records": line.late, "undone": line.undone, "reshoots": line.again,
        "lockers": line.locker, "sheet-photos": line.sheet_photo, "outings": line.photo.outing, "gown-photos": line.photo, "waiting": line.entry, "bell": line.alert, "messages": line.message,
    }[first]  # fmt: skip
    if name == "bookings:undo":
        return {"pk": line.move.appointment_id, "event": line.move.pk}
    if name.startswith("bookings:receipt"):
        row = line.payment
    if name == "customers:leaver":
        row = line.consultant
    if name.startswith("workflow:visit_import"):
        row = line.visit_import
    named: dict[str, Any] = {"pk": row.pk}
    if "<int:closure>" in address:
        named["closure"] = line.closure.pk
    if "line_pk" in address:
        named["line_pk"] = line.sold.pk
    if "request_pk" in address:
        named["request_pk"] = line.cheaper.pk
    if "payment_pk" in address:
        named["payment_pk"] = line.payment.pk
    if name == "workflow:damage_lift":
        named["line_pk"] = line.damage.pk
    if "fapiao_pk" in address:
        named["fapiao_pk"] = line.fapiao.pk
    for part in ("taboo", "asked", "dispute"):
        if f"<int:{part}>" in address:
            named[part] = getattr(line, part).pk
    return named


def ask(client: Client, address: str) -> int:
    """The status of a GET; of an empty POST where the address takes only that."""
    status = client.get(address).status_code
    return client.post(address).status_code if status == 405 else status


PEOPLE = {
    "consultant": "owner", "department_staff": "artist", "department_head": "head", "cashier": "cashier", "manager": "manager",
    "general_manager": "general_manager", "administrator": "administrator",
}  # fmt: skip


@pytest.mark.django_db
def test_every_route_with_every_role(shop: SimpleNamespace, line: SimpleNamespace, sign_in: Any) -> None:
    """403 for who has no business there, and never a 500 or a 403 for who has."""
    assert set(PEOPLE) == {role.value for role in ALL_ROLES}
    wrong = []
    for role, person in PEOPLE.items():
        client = sign_in(getattr(shop, person))
        for name in GUARDED:
            status = ask(client, reverse(name, kwargs=arguments(name, line)))
            allowed = role in {r.value for r in ROUTES[name]}
            if (status == 403) == allowed or status >= 500:
                wrong.append((role, name))
    # Whose department it is not gets a refusal in words: the artist makes no albums.
    assert wrong == [("department_staff", "workflow:item_made")]


@pytest.mark.django_db
def test_the_neighbour_branch_gets_404(shop: SimpleNamespace, line: SimpleNamespace, sign_in: Any) -> None:
    client = sign_in(shop.neighbour)
    wrong = []
    for name in GUARDED:
        named = arguments(name, line)
        if not named or "what" in named:
            continue
        address = reverse(name, kwargs=named)
        statuses = {client.get(address).status_code, client.post(address).status_code} - {405}
        if statuses != {404}:
            wrong.append((name, statuses))
    assert wrong == []


@pytest.mark.django_db
def test_lists_of_the_neighbour_branch_show_nothing_of_ours(
    shop: SimpleNamespace, line: SimpleNamespace, sign_in: Any
) -> None:
    client = sign_in(shop.neighbour)
    for name in GUARDED:
        if "<" not in FOUND[name][0]:
            page = client.get(reverse(name), {"q": "李娜"}).content.decode(errors="replace")
            for secret in ["张伟", "13800000001", line.order.booking.number]:
                assert secret not in page, name


@pytest.mark.django_db
def test_nobody_gets_in_without_signing_in(
    shop: SimpleNamespace, line: SimpleNamespace, client: Client
) -> None:
    for name, access in ROUTES.items():
        if access is LIBRARY or access == PUBLIC:
            continue
        answer = client.get(reverse(name, kwargs=arguments(name, line)))
        assert answer.status_code == 302, name
        assert answer["Location"].startswith("/accounts/login/"), name


@pytest.mark.django_db
def test_somebody_without_a_place_sees_no_shop(
    shop: SimpleNamespace, line: SimpleNamespace, sign_in: Any
) -> None:
    shop.owner.memberships.update(is_active=False)
    client = sign_in(shop.owner)
    for name in GUARDED:
        assert ask(client, reverse(name, kwargs=arguments(name, line))) == 403, name
