"""What was decided about the weather, told to the customer: by message where that is in time, else by a
call."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.models import Appointment, AppointmentKind, AppointmentState
from customers import files
from studio.outbox.models import Channel, Message
from studio.outbox.purposes import Purpose
from studio.outbox.queue import queue
from workflow import disrupted_words, letters, still_meant
from workflow.call_making import bring_up
from workflow.models import CallKind, PlanB, WeatherDecision, WeatherPlan
from workflow.ways import open_ways

PURPOSE = "weather_decided"
WAYS = (Channel.SMS, Channel.EMAIL)


def tell(row: WeatherPlan, *, now: datetime) -> Message | None:
    """In the transaction of the decision."""
    appointment, customer = row.appointment, row.appointment.customer
    if not customer.is_active or customer.do_not_contact:
        return None
    ways = open_ways(customer, WAYS)
    message = None
    if ways and appointment.branch.outside_quiet_hours(now) < appointment.starts_at:
        message = queue(
            branch=appointment.branch,
            purpose=PURPOSE,
            subject_id=appointment.pk,
            subject_version=appointment.schedule_version,
            channel=ways[0].channel,
            language=customer.language,
            recipient=ways[0].address,
            due_at=now,
            deadline=appointment.starts_at,
            dedupe_key=f"{PURPOSE}:{row.pk}:{appointment.schedule_version}",
            about_customer=customer.pk,
            basis=ways[0].basis,
        )
    if message is None:
        call_instead(appointment, now)
    return message


def call_instead(appointment: Appointment, now: datetime) -> None:
    if appointment.is_planned:
        reason = f"weather{appointment.schedule_version}"
        bring_up(appointment, kind=CallKind.NOT_REACHED, reason=reason, now=now)


# --- Asked by the outbox -----------------------------------------------------------------------------
def still_due(message: Message) -> bool:
    return message.pk in still_due_among([message])


def still_due_among(messages: Sequence[Message]) -> set[int]:
    return meant(still_meant.subjects_of(messages))


def way_closed(message: Message) -> bool:
    return bool(meant(still_meant.subjects_of([message], whatever_way=True)))


def meant(subjects: Mapping[int, still_meant.Subject]) -> set[int]:
    about = {subject.pk for subject in subjects.values() if subject.state == AppointmentState.PLANNED}
    if not about:
        return set()
    decided = WeatherPlan.objects.filter(appointment__in=about).exclude(decision="")
    found = set(decided.values_list("appointment", flat=True))
    return {pk for pk, subject in subjects.items() if subject.pk in found}


def parameters(message: Message) -> dict[str, str]:
    """The values for the template, in the language that is active and by the branch's clock."""
    row = (
        WeatherPlan.objects.select_related("appointment__branch", "appointment__customer", "indoors")
        .prefetch_related("appointment__customer__members")
        .get(appointment=message.subject_id)
    )
    appointment, branch, language = row.appointment, row.appointment.branch, translation.get_language()
    return {
        "greeting": files.greeting_name(appointment.customer, language),
        "names": files.first_names(appointment.customer, language),
        "what": str(AppointmentKind(appointment.kind).label),
        "day": letters.day_in_words(appointment.starts_at, branch=branch, language=language),
        "time": letters.time_in_words(appointment.starts_at, branch=branch, language=language),
        "decision": decision(row, language),
        "branch": branch.name_in(language),
        "address": branch.address,
        "phone": branch.phone,
    }


def decision(row: WeatherPlan, language: str) -> str:
    if row.decision == WeatherDecision.PLAN_B and row.plan_b == PlanB.INDOORS and row.indoors is not None:
        return _("Because of the weather we take the pictures indoors: %(place)s, at the same time.") % {
            "place": row.indoors.name_in(language)
        }
    return _("We go out as planned.")


def on_end(message: Message, now: datetime) -> None:
    """It did not arrive, or nobody knows: the owner calls, while there is time."""
    rows = Appointment.objects.planned().filter(
        pk=message.subject_id, schedule_version=message.subject_version, starts_at__gt=now
    )
    appointment = rows.select_related("customer").first()
    if appointment is not None and appointment.customer.is_active:
        call_instead(appointment, now)


SAMPLE = {
    "greeting": "张先生和李女士",
    "names": "伟和娜",
    "what": "拍摄",
    "day": "5月18日星期一",
    "time": "上午9:00",
    "decision": "因为天气，改在室内拍摄：一号棚，时间不变。",
    "branch": "首问·上海店",
    "address": "南京东路 300 号 3 楼",
    "phone": "021 5550 0100",
}

purpose = Purpose(
    title=gettext_lazy("What was decided about the weather"),
    still_due=still_due,
    parameters=parameters,
    on_end=on_end,
    way_closed=way_closed,
    still_due_among=still_due_among,
    sample=SAMPLE,
    words=disrupted_words.WEATHER,
)
