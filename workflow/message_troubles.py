"""Why a message did not go out, in words: what the machinery noted is for whoever mends it."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from studio.foundation.templatetags.studio import local_time
from studio.outbox.models import AttemptOutcome, GatewayHealth, Message, State
from workflow import late_messages

NOTED = {
    "no gateway for": lambda: _("This way is not set up: there is no gateway for it."),
    "it can't be prepared": lambda: _("Its words can’t be put together: look at the template."),
    "nobody answers for": lambda: _("Nobody answers for this kind of message any more."),
    "template number missing": lambda: _("The gateway needs the number of an approved template."),
    "not delivered": lambda: _("The gateway took it, but it did not arrive."),
    "turned into a call": lambda: _("Turned into a call."),
    "this address wants no messages": lambda: _("This address wants no messages."),
    "they said no to this way": lambda: _("They said no to this way of being reached."),
    "this way is closed": lambda: _("They said no to this way, or the address is not theirs any more."),
    "no longer due": lambda: _("It was no longer meant: moved, called off or over."),
    "not filled in": lambda: _("Something in its words could not be filled in."),
    "(and nobody could be told)": lambda: _("And nobody could be told: please see to it."),
}
"""By what the machinery noted, wherever it stands there."""


def why(message: Message, now: datetime, health: GatewayHealth | None = None) -> str:
    """One or two sentences; empty where nothing is wrong. `health`: how the gateway of its way does."""
    noted = [words() for mark, words in NOTED.items() if mark in message.trouble]
    by_state = of_state(message, now, health) if not noted or message.state == State.UNKNOWN else []
    return " ".join([*by_state, *noted])


def of_state(message: Message, now: datetime, health: GatewayHealth | None) -> Iterable[str]:
    if message.state == State.UNKNOWN:
        return [_("The gateway gave no clear answer: it may have arrived.")]
    if message.state == State.FAILED:
        return [_("The gateway refused it.")]
    if message.state == State.EXPIRED:
        return [_("It could not go out before it was too late to be of use.")]
    if late_messages.is_late(message, now):
        return [waits(message, now, health)]
    if message.state == State.QUEUED and message.trouble:
        return [_("The gateway was not reached. It is tried again.")]
    return []


def waits(message: Message, now: datetime, health: GatewayHealth | None) -> str:
    if health is not None and health.rests_until is not None and health.rests_until > now:
        return _("The gateway rests until %(time)s.") % {"time": local_time(health.rests_until)}
    if message.state == State.LEASED:
        return _("Somebody began to send it and has not come back. It is taken up again.")
    if message.trouble:
        return _("The gateway was not reached. It is tried again.")
    return _("It is due and nobody has taken it up: see whether the machinery runs.")


OUTCOMES = {
    AttemptOutcome.OPEN: ("info", lambda: _("under way")),
    AttemptOutcome.ACCEPTED: ("ok", lambda: _("the gateway took it")),
    AttemptOutcome.FOUND: ("ok", lambda: _("the gateway had taken it")),
    AttemptOutcome.REFUSED: ("bad", lambda: _("the gateway refused it")),
    AttemptOutcome.UNCLEAR: ("warn", lambda: _("no clear answer")),
    AttemptOutcome.TROUBLE: ("warn", lambda: _("not reached")),
}
