"""The words and parts that every page is built from; the guide with pictures is the page /specimen/."""

import json
import uuid
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

import phonenumbers
from babel import Locale
from babel.dates import format_skeleton, format_time
from babel.numbers import format_currency
from django import template
from django.conf import settings
from django.forms import BaseForm, BoundField, CheckboxInput, CheckboxSelectMultiple, MultiWidget, RadioSelect
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from lucide.templatetags.lucide import lucide

register = template.Library()

LOCALES = {"zh-hans": "zh_Hans_CN", "zh-hant": "zh_Hant_TW"}
STATE_ICONS = {
    "ok": "circle-check",
    "warn": "triangle-alert",
    "bad": "octagon-alert",
    "info": "info",
    "idle": "circle-dashed",
}
TOAST_ICONS = {
    "success": "circle-check",
    "warning": "triangle-alert",
    "error": "octagon-alert",
    "info": "info",
    "debug": "info",
}


def active_locale() -> Locale:
    """Babel's locale for the active language. English is written the 24-hour, day-first way."""
    return Locale.parse(LOCALES.get(get_language() or "", "en_GB"))


# --- Icons and states -----------------------------------------------------------------------
@cache
def drawn(name: str, classes: str) -> SafeString:
    """The inline SVG of a lucide icon; an unknown name raises, so that a test of the page finds it."""
    return mark_safe(lucide(name, size=24, **{"class": classes, "focusable": "false"}))


@register.simple_tag
def icon(name: str, label: str = "", size: str = "") -> SafeString:
    """An icon beside a word is hidden from screen readers; one that stands alone needs a `label`."""
    drawing = drawn(name, f"icon icon--{size}" if size else "icon")
    if label:
        return mark_safe(drawing.replace("<svg", format_html('<svg role="img" aria-label="{}"', label), 1))
    return mark_safe(drawing.replace("<svg", '<svg aria-hidden="true"', 1))


@register.simple_tag
def state(kind: str, word: str, icon: str = "", solid: bool = False) -> SafeString:
    """A state is an icon and a word; the colour only helps. `solid` is for what must be seen at once."""
    drawing = mark_safe(
        drawn(icon or STATE_ICONS[kind], "icon").replace("<svg", '<svg aria-hidden="true"', 1)
    )
    classes = f"state state--{kind}" + (" state--solid" if solid else "")
    return format_html('<span class="{}">{}{}</span>', classes, drawing, word)


@register.filter
def inline_svg(drawing: str) -> SafeString:
    """An SVG document of our own making as an element of the page, without its XML declaration."""
    return mark_safe(drawing[drawing.index("<svg") :])


@register.filter
def toast_icon(level: str) -> str:
    """The icon of a message of Django's framework, by its level tag."""
    return TOAST_ICONS.get(level, "info")


@register.inclusion_tag("foundation/_stepper.html")
def stepper(
    stages: Any, current: str, notes: dict[str, str] | None = None, small: bool = False
) -> dict[str, Any]:
    """The stages of a work order. A `current` that is none of them means: all are done."""
    pairs = list(getattr(stages, "choices", stages))
    keys = [key for key, _label in pairs]
    place = keys.index(current) if current in keys else len(keys)
    steps = [
        {
            "label": label,
            "note": (notes or {}).get(key, ""),
            "state": "done" if number < place else "now" if number == place else "later",
        }
        for number, (key, label) in enumerate(pairs)
    ]
    return {"steps": steps, "small": small}


@register.simple_tag
def initials(name: str, size: str = "") -> SafeString:
    """A disc with what colleagues would call the person: the given name in Chinese, two letters elsewhere."""
    words = str(name).split()
    if not words:
        short = "·"
    elif any("㐀" <= letter <= "鿿" for letter in words[0]):
        # 陈小明 is 小明 to everybody; a long label (a family, a company) keeps its first character.
        short = words[0][-2:] if len(words[0]) <= 4 else words[0][0]
    else:
        short = "".join(word[0] for word in (words if len(words) == 1 else [words[0], words[-1]])).upper()
    classes = f"avatar avatar--{size}" if size else "avatar"
    return format_html('<span class="{}" aria-hidden="true">{}</span>', classes, short)


@register.inclusion_tag("foundation/_meter.html")
def meter(value: float, maximum: float, label: str = "", kind: str = "") -> dict[str, Any]:
    """A thin bar, drawn as SVG so that it needs no inline style."""
    share = 0.0 if not maximum else max(0.0, min(1.0, float(value) / float(maximum)))
    return {"width": f"{share * 100:.1f}", "label": label, "kind": kind}


# --- Forms ----------------------------------------------------------------------------------
@register.simple_tag
def submission_field(value: str = "") -> SafeString:
    """The id that makes a second press harmless (studio.foundation.submissions); `value` repeats one."""
    return format_html('<input type="hidden" name="submission" value="{}">', value or uuid.uuid4())


def kind_of(bound: BoundField) -> str:
    widget = bound.field.widget
    if bound.is_hidden:
        return "hidden"
    if isinstance(widget, RadioSelect | CheckboxSelectMultiple):
        return "choices"
    if isinstance(widget, CheckboxInput):
        return "checkbox"
    return "several" if isinstance(widget, MultiWidget) else "one"


@register.inclusion_tag("foundation/_field.html")
def field(
    bound: BoundField,
    label: str = "",
    help: str = "",
    prefix: str = "",
    suffix: str = "",
    choices: str = "",
    hide_label: bool = False,
    code: bool = False,
) -> dict[str, Any]:
    """A form field with its label, help and error, tied together for screen readers.

    `choices`: "segments" (one line) or "cards" for radio buttons and check boxes.
    """
    kind, identity = kind_of(bound), bound.auto_id
    help_text = help or bound.help_text
    if not str(help_text).strip():
        help_text = ""
    ids = ([f"{identity}_helptext"] if help_text else []) + ([f"{identity}_error"] if bound.errors else [])
    described = " ".join(ids) if identity else ""
    attributes: dict[str, str | bool] = (
        {"aria-describedby": described} if described and kind in {"one", "checkbox"} else {}
    )
    if code or str(bound.field.widget.attrs.get("placeholder", "")) == str(bound.label):
        attributes["placeholder"] = ""  # the label says it already
    return {
        "field": bound,
        "kind": kind,
        "control": bound.as_widget(attrs=attributes) if kind != "choices" else "",
        "described": described,
        "label": label or bound.label,
        "help": help_text,
        "optional": not bound.field.required and kind not in {"checkbox", "hidden"},
        "prefix": prefix,
        "suffix": suffix,
        "choices": choices,
        "hide_label": hide_label,
        "code": code,
    }


@register.inclusion_tag("foundation/_form_errors.html")
def form_errors(form: BaseForm) -> dict[str, Any]:
    """What is wrong with the form as a whole, hidden fields included; the rest is said at its field."""
    hidden = [error for bound in form.hidden_fields() for error in bound.errors]
    return {"errors": [*form.non_field_errors(), *hidden]}


# --- Money and telephone numbers ------------------------------------------------------------
@register.filter
def money(amount: Any, currency: str = "CNY") -> str:
    """An amount in its currency, the local way. Whole amounts, the common case, go without decimals."""
    try:
        value = Decimal(str(amount))
    except InvalidOperation:
        return ""
    if not value.is_finite():
        return ""
    locale = active_locale()
    if value != value.to_integral_value():
        written = format_currency(value, currency, locale=locale)
    else:
        pattern = locale.currency_formats["standard"].pattern.replace(".00", "")
        written = format_currency(value, currency, format=pattern, locale=locale, currency_digits=False)
    # Babel's English writes CN¥; a shop in China counts in nothing else, and the letters only tire.
    return written.replace("CN¥", "¥")


def parsed(number: Any) -> phonenumbers.PhoneNumber | None:
    if isinstance(number, phonenumbers.PhoneNumber):
        return number
    try:
        return phonenumbers.parse(str(number), settings.PHONENUMBER_DEFAULT_REGION)
    except phonenumbers.NumberParseException:
        return None


@register.filter
def phone(number: Any) -> str:
    """A telephone number as people here write it; foreign ones with their country."""
    known = parsed(number)
    if known is None:
        return str(number or "")
    home = phonenumbers.country_code_for_region(settings.PHONENUMBER_DEFAULT_REGION)
    style = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(
        known, style.NATIONAL if known.country_code == home else style.INTERNATIONAL
    )


@register.filter
def phone_masked(number: Any) -> str:
    """For roles that do not call (habit 14): the last four digits and at most three others."""
    known = parsed(number)
    digits = str(known.national_number) if known else "".join(c for c in str(number or "") if c.isdigit())
    if not digits:
        return ""
    shown = digits[:3] if len(digits) >= 10 else ""
    return f"{shown} **** {digits[-4:]}".strip()


# --- Time: the branch's zone is active for the request --------------------------------------
def local(moment: datetime) -> datetime:
    return timezone.localtime(moment) if timezone.is_aware(moment) else moment


@register.filter
def local_time(moment: datetime | None) -> str:
    return format_time(local(moment), "HH:mm", locale=active_locale()) if moment else ""


@register.filter
def local_date(moment: date | datetime | None) -> str:
    """Today, tomorrow, yesterday, or the day with its weekday; the year only where it is another one."""
    if not moment:
        return ""
    day = local(moment).date() if isinstance(moment, datetime) else moment
    today = timezone.localdate()
    near = {
        today: _("Today"),
        today + timedelta(days=1): _("Tomorrow"),
        today - timedelta(days=1): _("Yesterday"),
    }
    if day in near:
        return near[day]
    skeleton = "MMMEd" if day.year == today.year else "yMMMEd"
    return format_skeleton(skeleton, day, locale=active_locale())


@register.filter
def local_moment(moment: datetime | None) -> str:
    if not moment:
        return ""
    return _("%(day)s %(time)s") % {"day": local_date(moment), "time": local_time(moment)}


@register.filter
def local_until(start: datetime | None, end: datetime | None) -> str:
    """From one moment to another; the day stands once where both are on it: 11月24日周二 13:30–20:30. A day
    ends at 24:00."""
    if not start or not end:
        return local_moment(start or end)
    if local(start).date() == local(end).date():
        return f"{local_moment(start)}–{local_time(end)}"
    if local(end).time() == datetime.min.time() and local(start).date() == local(end).date() - timedelta(
        days=1
    ):
        return f"{local_moment(start)}–24:00"
    return f"{local_moment(start)} – {local_moment(end)}"


def elapsed_words(seconds: float) -> str:
    """How long, in the two largest units; `static/js/live.js` counts on with the same words."""
    minutes = max(0, int(seconds // 60))
    hours, days = minutes // 60, minutes // 1440
    if days:
        return _("%(days)d d %(hours)d h") % {"days": days, "hours": hours % 24}
    if hours:
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes % 60}
    return _("%(minutes)d min") % {"minutes": minutes}


@register.simple_tag
def elapsed(moment: datetime | None, now: datetime | None = None) -> SafeString | str:
    """The time since `moment`; the page counts on by itself."""
    if not moment:
        return ""
    seconds = max(0, int(((now or timezone.now()) - moment).total_seconds()))
    words = elapsed_words(seconds)
    return format_html('<time datetime="{}" data-elapsed="{}">{}</time>', moment.isoformat(), seconds, words)


@register.simple_tag
def script_words() -> str:
    """What the scripts say, translated, for the meta element that they read it from."""
    words: dict[str, str] = {
        "minutes": _("%(minutes)d min"),
        "hours": _("%(hours)d h %(minutes)d min"),
        "days": _("%(days)d d %(hours)d h"),
        "updated": _("Updated %(seconds)d s ago"),
        "stale": _("No connection: this is how it was %(minutes)d min ago."),
        "failed": _("That did not go through. Nothing was changed; please try again."),
        "forbidden": _("You are not allowed to do this. Ask a manager if you need it."),
        "gone": _("This is no longer here. Reload the page to see how it stands now."),
        "close": _("Close"),
        "draft": _("What you typed at %(time)s was brought back."),
        "afresh": _("Start afresh"),
    }
    return json.dumps(words, ensure_ascii=False)


@register.filter
def any_current(items: Iterable[dict[str, Any]]) -> bool:
    return any(item.get("current") for item in items)
