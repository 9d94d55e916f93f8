from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from workflow.message_filters import Filter, choices


class FilterForm(forms.Form):
    """The fields above the list; what is chosen stands in the address."""

    state = forms.ChoiceField(label=_("State"), required=False)
    purpose = forms.ChoiceField(label=_("What for"), required=False)
    channel = forms.ChoiceField(label=pgettext_lazy("message", "Which way"), required=False)

    def __init__(self, chosen: Filter) -> None:
        super().__init__(initial=vars(chosen))
        for name, options in choices().items():
            self.fields[name].choices = [("", _("any")), *options]  # type: ignore[attr-defined]
