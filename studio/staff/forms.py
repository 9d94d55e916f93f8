from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from studio.staff.models import Branch, User

digits = RegexValidator(r"^[0-9]{4,8}$", _("A PIN has four to eight digits."))


class ActorForm(forms.Form):
    """Choose yourself on a shared screen."""

    colleague = forms.ModelChoiceField(User.objects.none(), label=_("Colleague"))
    pin = forms.CharField(
        label=_("PIN"),
        validators=[digits],
        strip=True,
        widget=forms.PasswordInput(attrs={"inputmode": "numeric", "autocomplete": "off", "maxlength": 8}),
    )

    def __init__(self, *args: Any, branch: Branch, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(is_active=True, memberships__branch=branch, memberships__is_active=True)
        self.fields["colleague"].queryset = people.exclude(pin="").distinct()  # type: ignore[attr-defined]


class MeForm(forms.ModelForm):
    """What everybody may change of themselves; an empty PIN leaves the old one."""

    new_pin = forms.CharField(
        label=_("New PIN for shared tablets"),
        required=False,
        validators=[digits],
        widget=forms.PasswordInput(
            attrs={"inputmode": "numeric", "autocomplete": "new-password", "maxlength": 8}
        ),
        help_text=_("Four to eight digits. Leave it empty to keep the one you have."),
    )

    class Meta:
        model = User
        fields = ["called", "language", "bell_sounds"]

    def save(self, commit: bool = True) -> User:
        user: User = super().save(commit=False)
        if self.cleaned_data["new_pin"]:
            user.set_pin(self.cleaned_data["new_pin"])
        user.save(update_fields=["called", "language", "bell_sounds", "pin"])
        return user
