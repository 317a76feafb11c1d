"""What a person may change about themselves."""

import functools
import zoneinfo

from django import forms

from accounts.models import User


@functools.cache
def zones() -> list[tuple[str, str]]:
    """List the zones people live in, `Europe/Berlin` first among equals by alphabet."""
    names = (n for n in zoneinfo.available_timezones() if "/" in n and not n.startswith("Etc/"))
    return [("UTC", "UTC"), *((name, name) for name in sorted(names))]


class MeForm(forms.ModelForm):
    """Name, zone and single keys: all else is RevOps' to change."""

    time_zone = forms.ChoiceField(choices=zones, help_text="Every time is shown in it.")

    class Meta:
        model = User
        fields = ["name", "time_zone", "keys_on"]
        help_texts = {"keys_on": "Off also hides the letters on the buttons."}
