"""What rows of a package must not say together, told at the row while the page is still filled in."""

from typing import Any

from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet
from django.utils.translation import gettext_lazy as _


class Rows(BaseInlineFormSet):
    def filled(self) -> list[tuple[Any, dict[str, Any]]]:
        """The forms that will be kept, each with what it says, where all that is needed is understood."""
        return [
            (form, form.cleaned_data)
            for form in self.forms
            if form.is_valid() and form.cleaned_data and not form.cleaned_data.get("DELETE")
        ]


class SeasonRows(Rows):
    """No day lies in two seasons of one basis."""

    def clean(self) -> None:
        super().clean()
        seen: list[dict[str, Any]] = []
        for form, row in self.filled():
            if any(overlap(row, other) for other in seen):
                form.add_error("starts_on", _("There is a seasonal price for some of these days already."))
            seen.append(row)


def overlap(row: dict[str, Any], other: dict[str, Any]) -> bool:
    return (
        row["basis"] == other["basis"]
        and row["starts_on"] <= other["ends_on"]
        and other["starts_on"] <= row["ends_on"]
    )


class NeedRows(Rows):
    """Who is always taken is of this branch and of the kind that is needed."""

    def clean(self) -> None:
        super().clean()
        package = getattr(self.instance, "package", None)
        for form, row in self.filled():
            resource, skill = row.get("resource"), row.get("skill")
            if resource is not None and resource.kind != row.get("kind"):
                form.add_error("resource", _("This is not of the kind that is needed."))
            if resource is not None and row.get("quantity", 1) > 1:
                form.add_error("quantity", _("There is only one of it."))
            for name, chosen in (("resource", resource), ("skill", skill)):
                if chosen is not None and package is not None and chosen.branch_id != package.branch_id:
                    form.add_error(name, ValidationError(_("This belongs to another branch.")))
