"""Which days: in the address, so that a page can be sent to a colleague."""

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from studio.staff.models import Branch
from workflow import house_record
from workflow.house_record import LONGEST_SPAN, Record

OLDEST = date(2000, 1, 1)


class SpanForm(forms.Form):
    first = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    last = forms.DateField(
        label=_("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, data: Any, *, branch: Branch, now: datetime) -> None:
        self.branch, self.now, self.today = branch, now, branch.today(now)
        asked = {name: data.get(name, "") for name in ("first", "last")}
        if not asked["first"] and not asked["last"]:
            asked = {"first": self.today.isoformat(), "last": self.today.isoformat()}
        super().__init__(asked)

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if self.errors:
            return said
        last = said.get("last") or said["first"]
        first = said.get("first") or last
        if not OLDEST <= first <= self.today:
            self.add_error("first", _("Choose a day up to today."))
        elif last < first:
            self.add_error("last", _("The last day comes before the first."))
        elif (last - first).days >= LONGEST_SPAN:
            self.add_error(
                "last", gettext("At most %(days)d days at once.") % {"days": LONGEST_SPAN}
            )  # fmt: skip
        return {"first": first, "last": min(last, self.today)}

    def record(self) -> Record:
        """Of the days that were asked for; of today where these cannot be."""
        said = self.cleaned_data if self.is_valid() else {"first": self.today, "last": self.today}
        return house_record.of(self.branch, said["first"], said["last"], now=self.now)

    @property
    def query(self) -> str:
        found = self.cleaned_data if self.is_valid() else {"first": self.today, "last": self.today}
        return in_address(found["first"], found["last"])


def spans_to_choose(form: SpanForm) -> list[dict[str, Any]]:
    today = form.today
    days = [
        (_("Today"), today, today),
        (_("Yesterday"), today - timedelta(days=1), today - timedelta(days=1)),
        (_("7 days"), today - timedelta(days=6), today),
        (_("30 days"), today - timedelta(days=29), today),
    ]
    return [
        {"word": word, "query": query, "current": query == form.query}
        for word, query in ((word, in_address(a, b)) for word, a, b in days)
    ]


def in_address(first: date, last: date) -> str:
    return urlencode({"first": first.isoformat(), "last": last.isoformat()})
