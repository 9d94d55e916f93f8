"""How each kind of alert reads, in the language of who reads it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio.foundation.registry import Registry

if TYPE_CHECKING:
    from studio.outbox.models import Alert

Parameters = Mapping[str, Any]


@dataclass(frozen=True)
class AlertKind:
    """How one kind of alert reads: `sentence(parameters)` in the reader's language.

    A kind whose sentences look something up (a name, a date) gives `sentences` too: it is asked once for a
    whole list, and answers in the same order. `loud` ones also go to the branch's group chat, where a gateway
    for alarms is set, with the words of `aloud`, or else of `sentence`: no customer's name or number may
    stand there. `any_hour`: there at night too. `holds`: whether it is still so when the chat is written to.
    `quiet`: it stands in the bell and is counted, without a sound.
    """

    sentence: Callable[[Parameters], str]
    icon: str = "bell"
    loud: bool = False
    sentences: Callable[[Sequence[Parameters]], Sequence[str]] | None = None
    aloud: Callable[[Parameters], str] | None = None
    any_hour: bool = False
    holds: Callable[[Parameters], bool] = lambda parameters: True
    quiet: bool = False


alert_kinds: Registry[AlertKind] = Registry("kind of alert")


@dataclass(frozen=True)
class Line:
    """One alert as it stands in the list."""

    alert: "Alert"
    icon: str
    words: str


def lines_of(alerts: Iterable["Alert"]) -> list[Line]:
    """The alerts in their order, each with its sentence; as many queries as there are kinds that ask.

    A kind that nobody answers for any more is left out: its app was removed, or renamed it.
    """
    alerts = list(alerts)
    words: dict[int, str] = {}
    for name in dict.fromkeys(alert.kind for alert in alerts):
        kind = alert_kinds.get(name)
        if kind is None:
            continue
        own = [alert for alert in alerts if alert.kind == name]
        parameters = [alert.parameters for alert in own]
        said = kind.sentences(parameters) if kind.sentences else [kind.sentence(one) for one in parameters]
        words |= {alert.pk: str(sentence) for alert, sentence in zip(own, said, strict=True)}
    return [
        Line(alert, alert_kinds[alert.kind].icon, words[alert.pk]) for alert in alerts if alert.pk in words
    ]
