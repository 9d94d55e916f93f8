"""What to say in a follow-up call (R2.1, R2.3): first the person, then the idea, and never pushy."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Customer
from workflow import letters
from workflow.models import CallTask, ContactState, FollowUpContact, Occasion, Visit
from workflow.models.visit import Interest

OBSERVATIONS = 3

START_FROM: dict[str, Any] = {
    Interest.ATTENTION: gettext_lazy("They only looked in. Tell what is new, and ask for nothing."),
    Interest.INTEREST: gettext_lazy("Something caught their eye. Ask what they liked, and listen."),
    Interest.ASSOCIATION: gettext_lazy(
        "They saw themselves in the pictures. Speak of their day, not of packages."
    ),
    Interest.DESIRE: gettext_lazy("They would like to have it. Offer to show it once more, with time."),
    Interest.COMPARISON: gettext_lazy("They compare. Ask what matters most to them; no word against others."),
    Interest.TRUST: gettext_lazy("They trust us. Ask what is still open, and answer just that."),
    Interest.ACTION: gettext_lazy(
        "They were nearly there. Name two days that would suit, and leave it with them."
    ),
    Interest.SATISFACTION: gettext_lazy("They were content. Thank them; the rest comes by itself."),
}
"""Where the visitor had come, and where the contact starts from there (R2.3)."""


@dataclass(frozen=True)
class Talk:
    """`personal` and `idea` are said in this order, then `closing`; `start` is for the caller, and so is
    `known`: small things to come back to, not to read out."""

    personal: str
    idea: str
    closing: str
    start: str = ""
    known: list[str] = field(default_factory=list)


def talk_of(call: CallTask, *, guests: str, language: str) -> Talk:
    contact = call.contact
    assert contact is not None
    visit = contact.follow_up.visit
    careful = Careful(call.customer)
    last = last_talk(contact)
    return Talk(
        personal=personal(visit, last, careful, language=language),
        idea=spoken_line(contact.occasion, guests) if contact.occasion else "",
        closing=_(
            "There is no hurry at all. Whenever you feel like it, the door is open. All the best to you!"
        ),
        start=str(START_FROM.get(visit.interest, "")),
        known=careful.only([last.said if last else "", visit.notes, *observations(call.customer)]),
    )


class Careful:
    """Keeps whatever touches a taboo out of what is to be said (R9.4)."""

    def __init__(self, customer: Customer) -> None:
        rows = customer.taboos.filter(is_active=True)
        self.words = [taboo.text.casefold() for taboo in rows if taboo.text.strip()]

    def may_say(self, text: str) -> bool:
        said = text.casefold()
        return bool(said.strip()) and not any(word in said or said in word for word in self.words)

    def only(self, texts: list[str]) -> list[str]:
        return [text for text in texts if self.may_say(text)]


def last_talk(contact: FollowUpContact) -> FollowUpContact | None:
    """The contact before this one in which they were spoken to."""
    made = contact.follow_up.contacts.filter(state=ContactState.MADE, made_at__isnull=False)
    return made.order_by("number").last()


def observations(customer: Customer) -> list[str]:
    return [seen.text for seen in customer.observations.all()[:OBSERVATIONS]]


def personal(visit: Visit, last: FollowUpContact | None, careful: Careful, *, language: str) -> str:
    """First the person: where we left off."""

    def day(moment: datetime) -> str:
        return letters.day_in_words(moment, branch=visit.branch, language=language)

    if last is not None and last.made_at is not None:
        return _("It was good to talk with you on %(day)s. I hope all is well.") % {"day": day(last.made_at)}
    words = {"day": day(visit.arrived_at), "came_for": visit.came_for}
    if careful.may_say(visit.came_for):
        return (
            _("You were here on %(day)s and told me about “%(came_for)s”; I have kept thinking of it.")
            % words
        )
    return _("It was lovely to have you here on %(day)s.") % words


def spoken_line(occasion: Occasion, guests: str) -> str:
    """The occasion's line with how they are called; a line that was badly entered is shown as it stands."""
    line = occasion.line()
    try:
        return line % {"guests": guests}
    except (KeyError, ValueError, TypeError):
        return line
