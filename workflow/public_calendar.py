"""The appointment as a calendar entry (RFC 5545) for the customer's telephone: what, when and where.

No name, no number, no order, and not the link: a calendar is often shared. A moved appointment has the same
UID and a higher SEQUENCE, so that the entry moves instead of standing there twice.
"""

from datetime import UTC, datetime, timedelta

from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from icalendar import Alarm, Calendar, Event

from bookings.calendar_zones import zone_of
from bookings.models import Appointment, AppointmentKind

DAY = timedelta(days=1)
YEAR = timedelta(days=366)


def file_of(appointment: Appointment, *, now: datetime) -> bytes:
    """The file, in the active language and by the branch's clock."""
    branch = appointment.branch
    calendar = Calendar()
    calendar.add("prodid", "-//Shouwen//Appointment//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    begin = appointment.starts_at.astimezone(UTC)
    calendar.add_component(zone_of(branch.time_zone, begin - YEAR, begin + YEAR))
    event = Event()
    event.add("uid", uid_of(appointment))
    event.add("sequence", appointment.schedule_version)
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", timezone.localtime(appointment.starts_at, branch.zone))
    event.add("dtend", timezone.localtime(appointment.ends_at, branch.zone))
    event.add("summary", summary_of(appointment))
    event.add("status", "CONFIRMED")
    where = " · ".join(filter(None, [branch.name, branch.address]))
    event.add("location", where)
    told = [branch.way_and_parking, branch.phone]
    event.add("description", "\n".join(line for line in told if line))
    event.add_component(alarm_of(appointment))
    calendar.add_component(event)
    return calendar.to_ical()


def uid_of(appointment: Appointment) -> str:
    """The same for all of its versions; nobody can count appointments by it."""
    digest = salted_hmac("workflow.public_calendar", str(appointment.pk), algorithm="sha256").hexdigest()
    return f"{digest[:32]}@calendar.shouwen"


def summary_of(appointment: Appointment) -> str:
    what = AppointmentKind(appointment.kind).label
    return _("%(what)s · %(branch)s") % {"what": capfirst(what), "branch": appointment.branch.name}


def alarm_of(appointment: Appointment) -> Alarm:
    """A day before, as one lays out what to bring."""
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", summary_of(appointment))
    alarm.add("trigger", -DAY)
    return alarm
