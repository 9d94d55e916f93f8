"""What was last said with a customer, in one line for whoever rings them up: they go on from there (R2.3)."""

from dataclasses import dataclass
from datetime import datetime

from customers.models import Customer, Observation
from studio.staff.models import User
from workflow.follow_up_script import Careful
from workflow.models import CallTask, ContactState, FollowUpContact


@dataclass(frozen=True)
class LastWords:
    text: str
    at: datetime
    by: User | None


def last_words(customer: Customer, *, besides: CallTask | None = None) -> LastWords | None:
    """The newest of what was noted at a call, seen by somebody, or said in a follow-up; nothing that touches
    a taboo (R9.4). Three questions."""
    calls = CallTask.objects.filter(customer=customer, done_at__isnull=False).exclude(note="")
    call = (
        calls.exclude(pk=besides.pk if besides else 0).select_related("done_by").order_by("-done_at").first()
    )
    seen = Observation.objects.filter(customer=customer).select_related("by").order_by("-at", "-pk").first()
    contacts = FollowUpContact.objects.filter(customer=customer, state=ContactState.MADE).exclude(said="")
    said = contacts.select_related("made_by").order_by("-made_at").first()
    found = [
        LastWords(call.note, call.done_at, call.done_by) if call and call.done_at else None,
        LastWords(seen.text, seen.at, seen.by) if seen else None,
        LastWords(said.said, said.made_at, said.made_by) if said and said.made_at else None,
    ]
    careful = Careful(customer)
    spoken = [words for words in found if words is not None and careful.may_say(words.text)]
    return max(spoken, key=lambda words: words.at, default=None)
