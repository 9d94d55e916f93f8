"""What a customer may be told by which way, and on what ground: their last word counts (R2.2).

Without a word what they ordered is told by every way that they gave us; of everything else, only the
telephone, on the number that they left at their visit (R2.1). “Stop” is a no, by every way, to everything
but what they ordered. `do_not_contact` (`contacts.refuse_contact`) is stronger than any word here.

Who says a word locks the file first, and senders share that lock while they ask (`still_allows`): once a no
is committed, no attempt against it starts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef

from customers.contacts import normalised
from customers.history import tell
from customers.models import (
    Consent,
    ConsentScope,
    ConsentSource,
    ContactKind,
    ContactPoint,
    Customer,
    Way,
)
from customers.registries import stops
from studio.foundation.audit import acting
from studio.outbox import endings
from studio.outbox.models import Channel, Message, State
from studio.outbox.models.message import OPEN_STATES
from studio.outbox.purposes import purposes
from studio.outbox.queue import withdraw_for_customer
from studio.staff.models import Branch, User

WITHOUT_A_WORD = {
    (ConsentScope.ORDER, Way.PHONE): "order",
    (ConsentScope.ORDER, Way.SMS): "order",
    (ConsentScope.ORDER, Way.EMAIL): "order",
    (ConsentScope.NEWS, Way.PHONE): "visit",
}
"""The ground where they have said nothing: the order itself; the number that they left at their visit."""
BY_CHANNEL = {Channel.SMS: Way.SMS, Channel.EMAIL: Way.EMAIL}
"""The way that a written channel is."""
SAID_NO = "they said no to this way"
"""What is noted on a message that may not go out for it."""


# --- Asked --------------------------------------------------------------------------------------
def basis_of(customer: Customer, way: str, scope: str = ConsentScope.ORDER) -> str:
    """On what ground the customer may be told this way ("order", "visit", "consent:<id>"); empty: not."""
    return bases_of([customer], way, scope)[customer.pk]


def bases_of(customers: Iterable[Customer], way: str, scope: str = ConsentScope.ORDER) -> dict[int, str]:
    """The same for many at once, by their ids; one question."""
    asked = {customer.pk: customer for customer in customers}
    said = last_words(asked, way, scope)
    return {
        pk: "" if customer.do_not_contact or not customer.is_active else ground(said.get(pk), way, scope)
        for pk, customer in asked.items()
    }


def still_allows(customer_ids: Iterable[int], way: str, scope: str = ConsentScope.ORDER) -> set[int]:
    """Those of them who may be told this way now: asked at the attempt, the files locked shared."""
    open_files = Customer.objects.filter(pk__in=set(customer_ids), is_active=True, do_not_contact=False)
    ids = set(open_files.values_list("pk", flat=True))
    said = last_words(ids, way, scope)
    return {pk for pk in ids if ground(said.get(pk), way, scope)}


def last_words(customer_ids: Iterable[int], way: str, scope: str) -> dict[int, Consent]:
    rows = Consent.objects.filter(customer__in=list(customer_ids), way=way, scope=scope)
    return {row.customer_id: row for row in rows.order_by("customer_id", "-id").distinct("customer_id")}


def ground(said: Consent | None, way: str, scope: str) -> str:
    if said is None:
        return WITHOUT_A_WORD.get((ConsentScope(scope), Way(way)), "")
    return f"consent:{said.pk}" if said.allowed else ""


def no_news_by(way: str, customer: str = "customer") -> Exists:
    """As a condition of a query on rows with a `customer`: their last word on everything else by this way is
    no. For the way that needs no word before, the telephone."""
    about = Consent.objects.filter(way=way, scope=ConsentScope.NEWS)
    later = about.filter(customer=OuterRef("customer"), pk__gt=OuterRef("pk"))
    return Exists(about.filter(~Exists(later), customer=OuterRef(customer), allowed=False))


@dataclass(frozen=True)
class Standing:
    """One way and scope as it stands: whether, and the word that made it so (None: nothing was said)."""

    way: Way
    scope: ConsentScope
    allowed: bool
    said: Consent | None


def standing(customer: Customer) -> list[Standing]:
    """Every way for both scopes, for display; one question. A refusal of all contact is not asked here."""
    rows = Consent.objects.filter(customer=customer).select_related("by")
    last = {
        (row.way, row.scope): row for row in rows.order_by("way", "scope", "-id").distinct("way", "scope")
    }
    return [
        Standing(way, scope, bool(ground(last.get((way, scope)), way, scope)), last.get((way, scope)))
        for scope in ConsentScope
        for way in Way
    ]


def by_scope(customer: Customer) -> list[tuple[ConsentScope, list[Standing]]]:
    """The same, what they ordered first, then everything else."""
    rows = standing(customer)
    return [(scope, [row for row in rows if row.scope == scope]) for scope in ConsentScope]


def has_stopped(customer: Customer) -> bool:
    """Whether nothing but what they ordered may be told by any way."""
    return not any(row.allowed for row in standing(customer) if row.scope == ConsentScope.NEWS)


# --- Said ---------------------------------------------------------------------------------------
def say(
    customer: Customer,
    way: str,
    scope: str,
    allowed: bool,
    *,
    source: str,
    by: User | None = None,
    now: datetime,
) -> Consent | None:
    """The customer's word on one way and scope; None where it stands like that already.

    A no to everything else by telephone ends the follow-up (R2.2). What waits against the word does not go
    out: of everything else it is withdrawn; of what they ordered it ends, and goes another way.
    """
    forbidden: list[int] = []
    with transaction.atomic(), acting(by):
        row = Customer.locked(customer.pk)
        word = note(row, way, scope, allowed, source=source, by=by, now=now)
        if word is None:
            return None
        if not allowed and scope == ConsentScope.ORDER:
            forbidden = about_order_by(row, way)
        kind = "consent_given" if allowed else "consent_refused"
        tell(row, kind, by=by, now=now, way=str(way), scope=str(scope), source=str(source))
        if not allowed and scope == ConsentScope.NEWS:
            withdraw_news(row, way=way, now=now)
            if way == Way.PHONE:
                tell_listeners(row, by, now)
    divert(forbidden, now=now)
    return word


def stop(customer: Customer, *, source: str, by: User | None = None, now: datetime) -> bool:
    """“Stop”: from now on nothing but what they ordered, by any way. A repeat answers False."""
    with transaction.atomic(), acting(by):
        row = Customer.locked(customer.pk)
        words = [note(row, way, ConsentScope.NEWS, False, source=source, by=by, now=now) for way in Way]
        withdraw_news(row, now=now)
        if not any(words):
            return False
        tell(row, "stopped", by=by, now=now, source=str(source))
        tell_listeners(row, by, now)
    return True


def take_back_stop(customer: Customer, *, source: str, by: User | None = None, now: datetime) -> bool:
    """A stop by mistake: what it ended holds again, on the record. Whether anything changed."""
    with transaction.atomic(), acting(by):
        row = Customer.locked(customer.pk)
        words = [
            note(row, way, ConsentScope.NEWS, True, source=source, by=by, now=now)
            for way in ended_by_the_stop(row)
        ]
        if not any(words):
            return False
        tell(row, "stop_taken_back", by=by, now=now, source=str(source))
    return True


def ended_by_the_stop(customer: Customer) -> list[Way]:
    """The ways that were open before they said stop, and that nothing was said about since."""
    stopped = customer.events.filter(kind="stopped").order_by("-id").first()
    if stopped is None:
        return []
    said = Consent.objects.filter(customer=customer, scope=ConsentScope.NEWS).order_by("way", "-id")
    ways = []
    for way in Way:
        words = [word for word in said if word.way == way][:2]
        if words and not words[0].allowed and words[0].at == stopped.at:
            earlier = words[1] if len(words) > 1 else None
            ways += [way] if ground(earlier, way, ConsentScope.NEWS) else []
    return ways


def stop_by_number(branch: Branch, number: str, now: datetime) -> list[Customer]:
    """“Stop” as the answer to a message, by number or e-mail address; the files that it was honoured for."""
    kind = ContactKind.EMAIL if "@" in number else ContactKind.PHONE
    try:
        value = normalised(kind, number, branch)
    except ValidationError:  # nothing of ours was written to such a number
        return []
    points = ContactPoint.objects.filter(branch=branch, kind=kind, value=value, customer__is_active=True)
    found = [point.customer for point in points.select_related("customer").order_by("customer_id")]
    for customer in found:
        stop(customer, source=ConsentSource.REPLY, now=now)
    return found


# --- Below --------------------------------------------------------------------------------------
def note(
    customer: Customer, way: str, scope: str, allowed: bool, *, source: str, by: User | None, now: datetime
) -> Consent | None:
    """The word written down, unless the last one said the same. The file is locked."""
    said = last_words([customer.pk], way, scope).get(customer.pk)
    if said is not None and said.allowed == allowed:
        return None
    return Consent.objects.create(
        customer=customer,
        way=Way(way),
        scope=ConsentScope(scope),
        allowed=allowed,
        source=ConsentSource(source),
        by=by,
        at=now,
    )


def tell_listeners(customer: Customer, by: User | None, now: datetime) -> None:
    for listener in stops:
        listener(customer, by, now)


def withdraw_news(customer: Customer, *, way: str = "", now: datetime) -> None:
    """What waits for them and is not about what they ordered does not go out."""
    news = [name for name in purposes.names() if not purposes[name].about_order]
    channels = [channel for channel, its_way in BY_CHANNEL.items() if way in ("", its_way)]
    withdraw_for_customer(customer.pk, purposes=news, channels=channels, now=now)


def about_order_by(customer: Customer, way: str) -> list[int]:
    """The messages about their order that wait, or are being sent, this way."""
    orders = [name for name in purposes.names() if purposes[name].about_order]
    channels = [channel for channel, its_way in BY_CHANNEL.items() if its_way == way]
    about = Message.objects.open().filter(
        about_customer=customer.pk, purpose__in=orders, channel__in=channels
    )
    return list(about.order_by("pk").values_list("pk", flat=True))


def divert(messages: Iterable[int], *, now: datetime) -> None:
    """What may not go this way any more ends here: its purpose finds another way, or somebody calls.

    After the word is committed, and one by one: a purpose may lock an appointment, which comes before the
    file in the order of locks. A sender that had claimed one meanwhile may have found it forbidden, and
    withdrawn it without a word to anybody: that one is told of too. What is on its way stays on its way.
    """
    for pk in messages:
        with transaction.atomic():
            message = (
                Message.objects.select_related("branch")
                .select_for_update(no_key=True, of=("self",))
                .get(pk=pk)
            )
            waits = message.state in OPEN_STATES or message.state == State.CANCELLED
            if waits and not endings.may_have_gone_out(message):
                endings.end(message, State.FAILED, now=now, trouble=SAID_NO)
