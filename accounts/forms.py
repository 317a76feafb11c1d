"""What a person types at the door, and what they may change about themselves."""

import functools
import zoneinfo

from django import forms
from django.contrib.auth.forms import AuthenticationForm

from accounts.models import User


@functools.cache
def zones() -> list[tuple[str, str]]:
    """List the zones people live in, `Europe/Berlin` first among equals by alphabet."""
    names = (n for n in zoneinfo.available_timezones() if "/" in n and not n.startswith("Etc/"))
    return [("UTC", "UTC"), *((name, name) for name in sorted(names))]


class SignInForm(AuthenticationForm):
    """Name and password. One answer for all that can be wrong with them."""

    minutes = 0  # how long one waits; set by the view once there were too many tries
    wrong = "Name and password do not match. After 5 tries you wait 15 minutes."
    error_messages = {"invalid_login": wrong, "inactive": wrong}


class CodeForm(forms.Form):
    """A code of the second factor."""

    code = forms.CharField(max_length=40, error_messages={"required": "Type the code."})


class MeForm(forms.ModelForm):
    """Name, zone and single keys: all else is RevOps' to change."""

    time_zone = forms.ChoiceField(choices=zones, help_text="Every time is shown in it.")

    class Meta:
        model = User
        fields = ["name", "time_zone", "keys_on"]
        help_texts = {"keys_on": "Off also hides the letters on the buttons."}

    def save(self, commit=True):
        """Write these fields and no other: RevOps may be changing the person's role at this moment, or switching them off."""
        me = super().save(commit=False)
        me.save(update_fields=self.Meta.fields)
        return me
