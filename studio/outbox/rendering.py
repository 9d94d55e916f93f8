"""The words of a message: the customer's language before others, then the branch's template before the one
for every branch, and that before the words that the purpose brings along."""

from django.db.models import Q
from django.utils import timezone, translation

from studio.outbox.models import Message, MessageTemplate
from studio.outbox.placeholders import fill, one_line, plain
from studio.outbox.purposes import purposes

WORDS = ("language", "parameters", "subject", "body", "template_code", "trouble")
SUBJECT_LENGTH = 200
LAST_RESORT = ("en", "zh-hans", "zh-hant")


class NoTemplate(Exception):
    """Nobody has written any words for this purpose and channel."""


def template_for(message: Message) -> MessageTemplate:
    """By language first (the customer's, the branch's, any), then the nearest to the branch."""
    branch = message.branch
    languages = list(dict.fromkeys((message.language, branch.customer_language, *LAST_RESORT)))
    found = MessageTemplate.objects.filter(
        Q(branch=branch) | Q(branch=None), purpose=message.purpose, channel=message.channel
    )
    best = min(
        (template for template in [*found, *own_words(message)] if template.language in languages),
        key=lambda one: (languages.index(one.language), one.branch_id is None, one.pk is None),
        default=None,
    )
    if best is None:
        raise NoTemplate(f"no words for {message.purpose} by {message.channel}")
    return best


def own_words(message: Message) -> list[MessageTemplate]:
    """What the purpose brings along for this channel, as templates that nobody has written down."""
    return [
        MessageTemplate(
            purpose=message.purpose, channel=channel, language=language, subject=subject, body=body
        )
        for (channel, language), (subject, body) in purposes[message.purpose].words.items()
        if channel == message.channel
    ]


def write_words(message: Message) -> None:
    """Put the words on the row (the caller saves `WORDS`). Done once: a later attempt sends the same.

    A name that nothing fills in is left out, and the message says so in `trouble`.
    """
    template = template_for(message)
    message.language = template.language
    with translation.override(template.language), timezone.override(message.branch.zone):
        values = {**message.parameters, **purposes[message.purpose].parameters(message)}
    message.parameters = {name: plain(str(value)) for name, value in values.items() if value is not None}
    message.body, missing = fill(template.body, message.parameters)
    subject, missing_above = fill(template.subject, message.parameters)
    if not message.body.strip():
        raise NoTemplate("the template leaves nothing to say")
    message.subject = one_line(subject, SUBJECT_LENGTH)
    message.template_code = template.code
    if missing | missing_above:
        message.trouble = f"not filled in: {', '.join(sorted(missing | missing_above))}"[:300]
