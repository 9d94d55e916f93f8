"""How the alerts about calls read in the bell: with the customer's name there, without it in a group chat."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from studio.outbox.alerts import AlertKind
from workflow.models import CallTask

Parameters = Mapping[str, Any]


def not_answered(parameters: Parameters) -> str:
    tries = parameters.get("tries", 0)
    return ngettext(
        "Nobody answered %(tries)d time: a manager decides what to do.",
        "Nobody answered %(tries)d times: a manager decides what to do.",
        tries,
    ) % {"tries": tries}


def given(parameters: Parameters) -> str:
    count = parameters.get("count", 1)
    return ngettext(
        "%(count)d call was given to you.", "%(count)d calls were given to you.", count
    ) % {"count": count}  # fmt: skip


def number_found(parameters: Parameters) -> str:
    return _("The desk found a number: you can call them now.")


def with_names(sentence: Callable[[Parameters], str]) -> Callable[[Sequence[Parameters]], list[str]]:
    """The same sentences, each with the customer before it; one query for a whole list."""

    def sentences(alerts: Sequence[Parameters]) -> list[str]:
        calls = CallTask.objects.filter(pk__in=[one.get("call", 0) for one in alerts])
        names = dict(calls.values_list("pk", "customer__name"))
        return [
            _("%(name)s: %(what)s")
            % {"name": names.get(one.get("call", 0), "–"), "what": sentence(one)}
            for one in alerts
        ]  # fmt: skip

    return sentences


KINDS = {
    "not_answered": AlertKind(
        not_answered, icon="phone-missed", loud=True, sentences=with_names(not_answered)
    ),
    "call_given": AlertKind(given, icon="phone-forwarded"),
    "number_found": AlertKind(number_found, icon="phone", sentences=with_names(number_found)),
}
