"""Who serves in the owner's place: the first words to say (R8.2), and what the owner wrote about the case."""

from typing import Any

from django import template
from django.utils import timezone

from customers.models import Customer
from studio.staff.duties import deputies_on
from studio.staff.handover import notes_on
from studio.staff.models import Branch, User
from workflow import cases, lines
from workflow.call_cases import key_of
from workflow.models import CallTask, WorkOrder

register = template.Library()


@register.inclusion_tag("workflow/_first_words.html")
def first_words(customer: Customer | None, speaker: User, branch: Branch) -> dict[str, Any]:
    """The deputy speaks first; nothing where the owner is there, or is who speaks."""
    owner = customer.owner if customer else None
    if customer is None or owner is None or owner.pk == speaker.pk:
        return {"words": ""}
    if owner.pk not in deputies_on(branch.today(timezone.now()), branch):
        return {"words": ""}
    return {"words": lines.deputy_line(owner, count=len(customer.members.all())), "owner": owner}


@register.inclusion_tag("staff/_case_note.html")
def call_note(call: CallTask) -> dict[str, Any]:
    """What the owner wrote about this call at today's hand-over (R8.1)."""
    return note_of(key_of(call), call.branch)


@register.inclusion_tag("staff/_case_note.html")
def arrival_note(order: WorkOrder) -> dict[str, Any]:
    """What the owner wrote about today's coming of this order's party."""
    keys = [cases.arrival_key(appointment) for appointment in order.booking.appointments.all()]
    notes = notes_on(keys, branch=order.branch, day=order.branch.today(timezone.now()))
    return {"note": next(iter(notes.values()), None)}


def note_of(key: str, branch: Branch) -> dict[str, Any]:
    return {"note": notes_on([key], branch=branch, day=branch.today(timezone.now())).get(key)}
