"""The sheets of a day by e-mail to a colleague's own address (F9): plain text that is there without network.

Without taboos, special care and money: a telephone lies about as paper does. The evening before, the front
desk is reminded to print.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

from django.utils import timezone, translation
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.models import AppointmentKind
from studio.foundation.templatetags.studio import local_date, local_time
from studio.outbox import alerts
from studio.outbox.alert_words import AlertKind, Parameters
from studio.outbox.models import Alert, Channel, Message
from studio.outbox.purposes import Purpose
from studio.outbox.queue import queue
from studio.staff.duties import deputies_on
from studio.staff.models import Branch, Membership, User
from studio.staff.models.membership import FRONT, SERVING
from workflow import day_sheet_words, letters
from workflow.day_sheets import Coming, Wanted, dates_of, narrowed, of_day, tomorrow
from workflow.lines import listed

PURPOSE = "day_sheet"
PRINT = "print_day_sheets"
BEFORE_CLOSING = timedelta(hours=2)
"""The front desk is reminded so long before the house closes."""


class NoAddress(Exception):
    """The colleague has no e-mail address of their own."""


# --- Sent ---------------------------------------------------------------------------------------------
def send(
    user: User, branch: Branch, day: date, *, wanted: Wanted, key: UUID, now: datetime
) -> Message | None:
    """Queue the day for this colleague; `key` is this press of the button, so a double changes nothing."""
    if not user.email:
        raise NoAddress
    return queue(
        branch=branch,
        purpose=PURPOSE,
        subject_id=user.pk,
        subject_version=1,
        channel=Channel.EMAIL,
        language=user.language or translation.get_language() or branch.customer_language,
        recipient=user.email,
        due_at=now,
        deadline=max(branch.day_bounds(day)[1], now + timedelta(hours=1)),
        dedupe_key=f"{PURPOSE}:{user.pk}:{key}",
        parameters={"on": day.isoformat(), "department": wanted.department, "person": str(wanted.person)},
    )


def still_due(message: Message) -> bool:
    """Who left meanwhile gets nothing more of the house."""
    places = Membership.objects.active().filter(branch=message.branch, role__in=SERVING)
    return places.filter(user=message.subject_id, user__email=message.recipient).exists()


def parameters(message: Message) -> dict[str, str]:
    """The day as it is when the letter goes out."""
    branch, language = message.branch, translation.get_language() or ""
    day = parse_date(message.parameters["on"]) or branch.today(timezone.now())
    wanted = Wanted(message.parameters.get("department", ""), int(message.parameters.get("person") or 0))
    rows = narrowed(of_day(branch, day, now=timezone.now()), wanted)
    noon = branch.day_bounds(day)[0] + timedelta(hours=12)
    return {
        "name": User.objects.get(pk=message.subject_id).spoken_name,
        "branch": branch.name_in(language),
        "day": letters.day_in_words(noon, branch=branch, language=language),
        "list": "\n\n".join(map(paragraph, rows)) or _("Nobody is expected."),
    }


def paragraph(row: Coming) -> str:
    """One date in a few lines of plain text."""
    when = listed(f"{local_time(start)}–{local_time(end)}" for start, end in row.times)
    kind = AppointmentKind(row.appointment.kind).label
    customer = row.order.booking.customer
    lines = [
        f"{when}  {kind}  {customer.name}",
        f"{row.order.booking.number} · {row.sheet['package'].name}",
    ]
    if row.appointment.kind == AppointmentKind.SHOOT:
        lines.append(" → ".join(look.name for look in row.sheet["looks"]))
    lines += [f"{word}: {listed(names)}" for word, names in (*row.people, *row.rooms)]
    if row.gowns:
        lines.append(_("Gowns: %(gowns)s") % {"gowns": listed(row.gowns)})
    if customer.owner is not None:
        lines.append(_("Owner: %(name)s") % {"name": customer.owner.spoken_name})
    return "\n".join(line for line in lines if line)


SAMPLE = {
    "name": "小陈",
    "branch": "首问·上海店",
    "day": "5月18日星期一",
    "list": "09:00–15:00  拍摄  张伟 & 李娜\nSH26-00017 · 长青",
}

purpose = Purpose(
    title=gettext_lazy("Day-sheets for a colleague"),
    still_due=still_due,
    parameters=parameters,
    sample=SAMPLE,
    any_hour=True,
    words=day_sheet_words.WORDS,
)


# --- The evening before ---------------------------------------------------------------------------------
def plan(now: datetime) -> int:
    """In the evening the front desk is rung once: print tomorrow's sheets, while there is power."""
    return sum(
        remind(branch, now=now) for branch in Branch.objects.filter(is_active=True) if is_time(branch, now)
    )


def is_time(branch: Branch, now: datetime) -> bool:
    today = branch.today(now)
    closes = branch.at(today, branch.closes_at)
    return closes - BEFORE_CLOSING <= now < closes


def remind(branch: Branch, *, now: datetime) -> int:
    day = tomorrow(branch, now)
    about = f"{branch.pk}:{day.isoformat()}"
    if Alert.objects.filter(branch=branch, dedupe_key=f"{PRINT}:{about}").exists():
        return 0
    count = dates_of(branch, day).count()
    if not count:
        return 0
    link = f"/day-sheets/?day={day.isoformat()}"
    words = {"day": day.isoformat(), "count": count}
    people = front_today(branch, now)
    return alerts.ring(people, PRINT, branch=branch, about=about, now=now, link=link, parameters=words)


def front_today(branch: Branch, now: datetime) -> Iterable[User]:
    off = deputies_on(branch.today(now), branch)
    places = Membership.objects.active().filter(branch=branch, role__in=FRONT).select_related("user")
    return [place.user for place in places if place.user_id not in off]


def sentence(given: Parameters) -> str:
    day = parse_date(str(given.get("day", "")))
    words = {"day": local_date(day) if day else "–", "count": given.get("count", 0)}
    return _("Print the sheets for %(day)s: %(count)s dates.") % words


ALERT = AlertKind(sentence, icon="printer")
