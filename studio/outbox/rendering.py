"""The words of a message: the customer's language before others, then the branch's template before the one
for every branch, and that before the words that the purpose brings along."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db.models import Q
from django.utils import timezone, translation

from studio.outbox.models import Message, MessageTemplate
from studio.outbox.placeholders import fill, one_line, plain
from studio.outbox.purposes import purposes

SUBJECT_LENGTH = 200
LAST_RESORT = ("en", "zh-hans", "zh-hant")


class NoTemplate(Exception):
    """Nobody has written any words for this purpose and channel."""


def written(messages: Sequence[Message]) -> list[MessageTemplate]:
    """What the house and its branches have written down that may suit one of these messages: one question."""
    return list(
        MessageTemplate.objects.filter(
            Q(branch__in={message.branch_id for message in messages}) | Q(branch=None),
            purpose__in={message.purpose for message in messages},
            channel__in={message.channel for message in messages},
        )
    )


def template_for(message: Message, found: Iterable[MessageTemplate] | None = None) -> MessageTemplate:
    """By language first (the customer's, the branch's, any), then the nearest to the branch."""
    languages = list(dict.fromkeys((message.language, message.branch.customer_language, *LAST_RESORT)))
    best = min(
        (
            template
            for template in [*(written([message]) if found is None else found), *own_words(message)]
            if template.language in languages
            and template.branch_id in (message.branch_id, None)
            and (template.purpose, template.channel) == (message.purpose, message.channel)
        ),
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


def write_words(*messages: Message) -> None:
    """Put the words on the rows (the caller saves them). Done once: a later attempt sends the same.

    What a batch needs is asked once for those of one purpose, branch and language. A name that nothing fills
    in is left out, and the message says so in `trouble`.
    """
    found, alike = written(messages), defaultdict(list)
    for message in messages:
        template = template_for(message, found)
        message.language = template.language
        alike[message.purpose, template.language, message.branch_id].append((message, template))
    for (_purpose, language, _branch), pairs in alike.items():
        values = values_of([message for message, _template in pairs], language)
        for message, template in pairs:
            write(message, template, values[message.pk])


def values_of(messages: Sequence[Message], language: str) -> dict[int, dict[str, str]]:
    """What the purpose says about messages of one branch, in one language."""
    purpose = purposes[messages[0].purpose]
    with translation.override(language), timezone.override(messages[0].branch.zone):
        if purpose.parameters_among is not None:
            return purpose.parameters_among(messages)
        return {message.pk: purpose.parameters(message) for message in messages}


def write(message: Message, template: MessageTemplate, values: dict[str, str]) -> None:
    values = {**message.parameters, **values}
    message.parameters = {name: plain(str(value)) for name, value in values.items() if value is not None}
    message.body, missing = fill(template.body, message.parameters)
    subject, missing_above = fill(template.subject, message.parameters)
    if not message.body.strip():
        raise NoTemplate("the template leaves nothing to say")
    message.subject = one_line(subject, SUBJECT_LENGTH)
    message.template_code = template.code
    if missing | missing_above:
        message.trouble = f"not filled in: {', '.join(sorted(missing | missing_above))}"[:300]
