"""What the forms about a lead may say. Each lists its fields; what is not listed is not read.

Whether it may be is the process's to decide; here is only whether it can be understood, and the words when it cannot.
"""

from datetime import date, datetime

from django import forms
from django.core.validators import RegexValidator
from django.utils import timezone

from leads.lifecycle import Refused
from leads.models import Channel, TouchOutcome
from leads.notes import LONGEST
from leads.step import number_of

TOKEN = RegexValidator(r"^[\w-]{8,64}$", "This form is incomplete. Reload the page and press again.")
TOO_LONG = f"A note holds {LONGEST:,} characters."


class SizeField(forms.CharField):
    """How many people work there, as a number; whether one is asked for, the process says."""

    def __init__(self, **more):
        super().__init__(required=False, **more)

    def clean(self, value) -> str:
        try:
            return number_of(super().clean(value))
        except Refused as refusal:
            raise forms.ValidationError(refusal.words) from None


class ActForm(forms.Form):
    """What every form about a lead carries: the round and version it was drawn from, and its token.

    `is_kept`: so much is typed in it that it is drawn again where the lead moved on meanwhile.
    """

    is_kept = False
    cycle = forms.IntegerField(required=False, min_value=1)
    version = forms.IntegerField(required=False, min_value=0)
    token = forms.CharField(validators=[TOKEN], error_messages={"required": TOKEN.message})
    note = forms.CharField(required=False, max_length=LONGEST, strip=True, error_messages={"max_length": TOO_LONG})

    def in_words(self, typed: dict) -> str:
        """Return what was typed as one text, for where the form cannot be drawn again."""
        return typed.get("note") or typed.get("why") or ""

    def first_error(self) -> tuple[str, str]:
        """Return the field that is wrong, and the words about it."""
        field, errors = next(iter(self.errors.items()))
        return field, str(errors[0])


class TouchForm(ActForm):
    """A touch: channel, outcome, note."""

    channel = forms.ChoiceField(
        choices=Channel.choices, error_messages={"required": "Choose a channel.", "invalid_choice": "Choose a channel."}
    )
    outcome = forms.ChoiceField(
        choices=TouchOutcome.choices,
        error_messages={"required": "Choose what came of it.", "invalid_choice": "Choose what came of it."},
    )


class EndForm(ActForm):
    """The end of a round: a reason by its code, a size where the reason asks for it, a note."""

    reason = forms.SlugField(error_messages={"required": "Choose a reason.", "invalid": "Choose a reason of the list."})
    size = SizeField()


class WhenForm(ActForm):
    """A moment to go on: one of those offered, or the start of another day."""

    until = forms.CharField(max_length=40, error_messages={"required": "Choose when."})
    day = forms.CharField(required=False, max_length=20)

    def clean(self) -> dict:
        said = super().clean()
        until, day = said.get("until"), said.get("day", "")
        if until == "day":
            try:
                said["on"] = _near(date.fromisoformat(day))
            except ValueError:
                self.add_error("day", "Choose a day, like 2026-10-15." if day else "Choose a day.")
        elif until:
            try:
                said["moment"] = _near(datetime.fromisoformat(until))
            except ValueError:
                self.add_error("until", "Choose when.")
            else:
                if timezone.is_naive(said["moment"]):
                    self.add_error("until", "Choose when.")
        return said


def _near(when):
    """Refuse a year that no zone can be reckoned in."""
    if not 2000 <= when.year <= 2200:
        raise ValueError(when)
    return when


class NoteForm(ActForm):
    """A note without a touch."""

    note = forms.CharField(
        max_length=LONGEST,
        error_messages={"required": "Write something first.", "max_length": TOO_LONG},
    )


class OptOutForm(ActForm):
    """What they asked us not to do."""

    channel = forms.MultipleChoiceField(
        choices=Channel.choices, required=False, error_messages={"invalid_choice": "Choose channels of the list."}
    )
    all = forms.BooleanField(required=False)


class ExceptionForm(ActForm):
    """What a rep asks to leave out (LIFE-10): why, until when, and in a few words what for."""

    reason = forms.SlugField(error_messages={"required": "Choose a reason.", "invalid": "Choose a reason of the list."})
    day = forms.DateField(error_messages={"required": "Choose a day.", "invalid": "Choose a day, like 2026-10-15."})
    note = forms.CharField(
        required=False, max_length=200, error_messages={"max_length": "Say it in 200 characters or less."}
    )

    def clean_day(self) -> date:
        try:
            return _near(self.cleaned_data["day"])
        except ValueError:
            raise forms.ValidationError("Choose a day, like 2026-10-15.") from None


class AssignForm(ActForm):
    """Into whose hands: `me`, a person (`u12`), a team in turn (`t3`), a team's queue (`q3`); and why."""

    owner = forms.RegexField(
        r"^(me|[utq]\d{1,12})$", error_messages={"required": "Choose who.", "invalid": "Choose somebody of the list."}
    )
    why = forms.CharField(required=False, max_length=LONGEST, strip=True, error_messages={"max_length": TOO_LONG})
