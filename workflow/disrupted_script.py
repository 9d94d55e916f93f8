"""What a customer is told when their day is broken: an apology, what happened in kind words, what we propose.

Never who is ill, never whose fault it is (R9.9, R9.11). Said in the language that is active.
"""

from django.utils.translation import gettext as _

from bookings.models import Appointment, AppointmentKind, Resource
from bookings.models.resource import PEOPLE
from workflow import letters
from workflow.models import DisruptedDate, DisruptionKind, Promise


def open_row(appointment: Appointment) -> DisruptedDate | None:
    """The newest broken day of a date that is not settled yet."""
    rows = DisruptedDate.objects.filter(appointment=appointment, settled_at=None)
    related = "disruption__resource", "promise", "appointment__branch"
    return rows.select_related(*related).order_by("-pk").first()


def matter(appointment: Appointment, language: str) -> str:
    """The middle of the call: sorry, what happened, the proposal, what makes it good."""
    row = open_row(appointment)
    if row is None:
        return _("I am calling about your %(occasion)s on %(day)s at %(time)s.") % words_of(
            appointment, language
        )
    parts = [sorry(row, language), proposal_words(row, language), made_good_words(row.promise)]
    between = "" if language.startswith("zh") else " "
    return between.join(part for part in parts if part)


def sorry(row: DisruptedDate, language: str) -> str:
    words = words_of(row.appointment, language)
    if row.disruption.kind == DisruptionKind.LATE:
        return (
            _(
                "I am so sorry: today everything takes a little longer here, and we don’t want to keep you"
                " waiting for your %(occasion)s at %(time)s."
            )
            % words
        )
    if row.disruption.kind == DisruptionKind.WEATHER:
        return (
            _(
                "I am so sorry: the weather will not be kind to your %(occasion)s on %(day)s at %(time)s,"
                " and we want your pictures to be beautiful."
            )
            % words
        )
    if row.disruption.kind == DisruptionKind.POWER:
        return (
            _(
                "I am so sorry: there is no power in our house at the moment, and we can’t look after you as"
                " we should for your %(occasion)s on %(day)s at %(time)s."
            )
            % words
        )
    return (
        _(
            "I am so sorry: something has come up on our side, and we can’t look after you as we should for"
            " your %(occasion)s on %(day)s at %(time)s."
        )
        % words
    )


def proposal_words(row: DisruptedDate, language: str) -> str:
    """What we propose, as a question."""
    if row.proposed_at is None:
        return _("Which day would suit you? I look for the best time with you at once.")
    appointment = row.appointment
    words = {
        "day": letters.day_in_words(row.proposed_at, branch=appointment.branch, language=language),
        "time": letters.time_in_words(row.proposed_at, branch=appointment.branch, language=language),
    }
    if row.proposed_at == appointment.starts_at:
        person = stands_in(row)
        if person is not None:
            words["name"] = person.name_in(language)
            return (
                _("%(name)s would love to look after you at the same time. Would that be all right?") % words
            )
        return _("The time stays, and we have another place ready for you. Would that be all right?")
    if row.disruption.kind == DisruptionKind.LATE:
        return _("Would it suit you to come at %(time)s instead? Then everything is ready for you.") % words
    return (
        _("We have looked for the next good time for you: %(day)s at %(time)s. Would that suit you?") % words
    )


def stands_in(row: DisruptedDate) -> Resource | None:
    """The person who is proposed in place of the one who can't be there; None where it is a place."""
    broken = row.disruption.resource
    if broken is None or broken.kind not in PEOPLE:
        return None
    held = row.appointment.allocations.active().values_list("resource", flat=True)
    fresh = {one[0] for one in row.proposed_holds} - set(held)
    return Resource.objects.filter(pk__in=fresh, kind=broken.kind).first()


def made_good_words(promise: Promise | None) -> str:
    if promise is None or promise.kept_at is not None:
        return ""
    return _("And to make it good to you: %(what)s.") % {"what": promise.what.rstrip("。.")}


def words_of(appointment: Appointment, language: str) -> dict[str, str]:
    return {
        "occasion": str(AppointmentKind(appointment.kind).label),
        "day": letters.day_in_words(appointment.starts_at, branch=appointment.branch, language=language),
        "time": letters.time_in_words(appointment.starts_at, branch=appointment.branch, language=language),
    }
