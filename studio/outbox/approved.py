"""Texts that a provider has approved: they are sent by number, with nothing but their own parameters."""

from collections.abc import Iterable

from studio.outbox.models import Message, MessageTemplate
from studio.outbox.placeholders import PLACEHOLDER


def parameters_of(message: Message, found: Iterable[MessageTemplate] | None = None) -> dict[str, str]:
    """What goes to the gateway beside the text: everything; for an approved text only what stands in it, in
    the order in which it stands there (some providers go by the order alone).

    `found`: templates that were fetched before. A template that is gone leaves nothing: the provider refuses.
    """
    values: dict[str, str] = message.parameters
    if not message.template_code:
        return values
    if found is None:
        found = MessageTemplate.objects.filter(purpose=message.purpose, code=message.template_code)
    template = min(
        (one for one in found if fits(one, message)), key=lambda one: one.branch_id is None, default=None
    )
    return {} if template is None else {name: values.get(name, "") for name in names_in(template)}


def fits(template: MessageTemplate, message: Message) -> bool:
    return (
        template.code == message.template_code
        and (template.purpose, template.channel) == (message.purpose, message.channel)
        and template.language == message.language
        and template.branch_id in (message.branch_id, None)
    )


def names_in(template: MessageTemplate) -> list[str]:
    """Each name once, where it stands first."""
    return list(dict.fromkeys(PLACEHOLDER.findall(template.body)))
