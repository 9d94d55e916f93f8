from django import forms
from django.utils.translation import gettext_lazy as _


class WordForm(forms.Form):
    word = forms.CharField(
        label=_("What was done, and how the customer stands to it"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
