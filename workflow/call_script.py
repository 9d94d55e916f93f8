"""What to say on the telephone: the lines of a call, in the language of who is called (R3.2, R8.2)."""

from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from bookings.models import Appointment, AppointmentKind, Confirmation
from customers import files
from studio.staff.models import LeaveDay, User
from workflow import advice, disrupted_script, follow_up_script, letters, lines
from workflow.models import CallKind, CallTask


@dataclass(frozen=True)
class Script:
    """`language` is the one it is said in. `deputy` comes first and is empty for the owner; `advice`, what to
    bring, and `cares` are read out.

    A follow-up call is `personal` before it comes to the matter; `start` and `known` are for the caller.
    """

    language: str
    opening: str
    deputy: str
    matter: str
    closing: str
    advice: list[str] = field(default_factory=list)
    cares: list[str] = field(default_factory=list)
    personal: str = ""
    start: str = ""
    known: list[str] = field(default_factory=list)


def scripts_for(call: CallTask, *, caller: User, now: datetime) -> list[Script]:
    """In the customer's language, and in the caller's where that is another one."""
    languages = dict.fromkeys([call.customer.language, get_language() or "en"])
    return [script_for(call, caller=caller, now=now, language=language) for language in languages]


def script_for(call: CallTask, *, caller: User, now: datetime, language: str | None = None) -> Script:
    language = language or call.customer.language
    with override(language):
        return script_in(language, call, caller=caller, now=now)


def script_in(language: str, call: CallTask, *, caller: User, now: datetime) -> Script:
    """The lines in the language that is active."""
    owner, appointment = call.customer.owner, call.appointment
    words = {
        "guests": files.greeting_name(call.customer, language),
        "caller": caller.spoken_name,
        "branch": call.branch.name,
    }
    # A colleague who only helps out does not say that the owner is away.
    today = call.branch.today(now)
    stands_in = (
        owner not in {None, caller}
        and LeaveDay.objects.on(today).filter(user=owner, branch=call.branch).exists()
    )
    count = min(len(call.customer.members.all()), 2)
    opening = _("Hello, is this %(guests)s? This is %(caller)s from %(branch)s.") % words
    deputy = lines.deputy_line(owner, count=count) if owner and stands_in else ""
    if call.kind == CallKind.FOLLOW_UP:
        talk = follow_up_script.talk_of(call, guests=words["guests"], language=language)
        return Script(
            language=language,
            opening=opening,
            deputy=deputy,
            personal=talk.personal,
            matter=talk.idea,
            closing=talk.closing,
            start=talk.start,
            known=talk.known,
        )
    if call.kind == CallKind.DISRUPTED and appointment is not None:
        return Script(
            language=language,
            opening=opening,
            deputy=deputy,
            matter=disrupted_script.matter(appointment, language),
            closing=_("Thank you for your understanding. If anything is unclear, call us any time."),
        )
    book = advice.Book.of([call.branch_id])
    return Script(
        language=language,
        opening=opening,
        deputy=deputy,
        matter=matter(call, language),
        closing=_("If anything is unclear, call us any time. We look forward to seeing you!"),
        advice=[*book.preparation(appointment), *book.bring(appointment)] if appointment else [],
        cares=book.caring_notes(appointment) if appointment else [],
    )


def matter(call: CallTask, language: str) -> str:
    """Why we call, and the question."""
    appointment = call.appointment
    if appointment is None:
        return _(
            "We would love to find a day for your pictures. Is there a day or a season that you have in mind?"
        )
    words = words_of(appointment, language)
    if call.kind == CallKind.ANOTHER_TIME:
        return (
            _("You would like another time than %(day)s, %(time)s for your %(occasion)s. What suits you?")
            % words
        )
    if appointment.confirmation == Confirmation.CONFIRMED:
        return (
            _("Thank you for confirming %(day)s, %(time)s. I only want to make sure you have all you need.")
            % words
        )
    if call.kind == CallKind.NOT_REACHED:
        return (
            _("We wrote to you and can't tell if it arrived: your %(occasion)s is on %(day)s at %(time)s.")
            % words
        )
    return _("Your %(occasion)s is on %(day)s at %(time)s. Does the time still hold?") % words


def words_of(appointment: Appointment, language: str) -> dict[str, str]:
    return {
        "occasion": str(AppointmentKind(appointment.kind).label),
        "day": letters.day_in_words(appointment.starts_at, branch=appointment.branch, language=language),
        "time": letters.time_in_words(appointment.starts_at, branch=appointment.branch, language=language),
    }
