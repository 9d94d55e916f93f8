"""The front door's own words: how long somebody waited, the seconds of a telephone (R1.5, R9.6)."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _

from studio.foundation.templatetags.studio import elapsed_words
from studio.staff.duties import stands_in_for
from workflow.incoming_calls import Line, call_backs, lines_of

register = template.Library()


@register.filter
def waited(time: timedelta | None) -> str:
    """Seconds below a minute, then as everywhere."""
    if time is None:
        return ""
    seconds = max(0, int(time.total_seconds()))
    return _("%(seconds)d s") % {"seconds": seconds} if seconds < 60 else elapsed_words(seconds)


@register.filter
def entry(table: Mapping[str, Any], key: str) -> Any:
    """What stands under a key that only the template knows; nothing where there is nothing."""
    return table.get(key, "")


@register.filter
def ticking(seconds: int) -> str:
    """0:42: how long it has been ringing; static/js/ring.js counts on."""
    seconds = max(0, seconds)
    return f"{seconds // 60}:{seconds % 60:02d}"


@register.simple_tag
def calls_to_return(request: Any, everybody: bool = False) -> list[Line]:
    """Whom the reader, and those they stand in for, promised to call back today."""
    now, branch = timezone.now(), request.branch
    people = None if everybody else stands_in_for(request.actor, branch=branch, day=branch.today(now))
    return lines_of(call_backs(branch, now, people), branch, now=now, reader=request.actor)
