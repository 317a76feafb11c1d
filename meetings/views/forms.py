"""What the forms of this app's pages may say. Each lists its fields; what is not listed is not read."""

from django import forms

from accounts.models import Disposition, Reason, Stage, User
from leads.views.forms import TOKEN, SizeField
from meetings import holders, returned
from meetings.models import MeetingStatus
from meetings.views.booking import LENGTHS, CurrencyField, WhenForm

LONG = {"max_length": "Say it in 2,000 characters or less."}
OF_LIST = {"invalid_choice": "Choose one of the list."}


class TokenForm(forms.Form):
    """What every form carries: the token that makes it count once, and the version it was drawn from."""

    token = forms.CharField(validators=[TOKEN], error_messages={"required": TOKEN.message})
    version = forms.IntegerField(required=False, min_value=0)

    def first_error(self) -> tuple[str, str]:
        """Return the field that is wrong, and the words about it."""
        field, errors = next(iter(self.errors.items()))
        return field, str(errors[0])


class OutcomeForm(TokenForm):
    """What came of a meeting: the outcome, and for *held, unqualified* the reason in the same press: `unqualified:missing_feature`. The
    size where that asks for it."""

    size = SizeField()
    outcome = forms.CharField(max_length=60, error_messages={"required": "Choose what came of it."})

    def clean_outcome(self) -> tuple[str, Reason | None]:
        status, _colon, code = self.cleaned_data["outcome"].partition(":")
        if status not in MeetingStatus.DISPOSED:
            raise forms.ValidationError("Choose what came of it.")
        reason = None
        if status == MeetingStatus.UNQUALIFIED:
            reason = Reason.objects.filter(
                code=code,
                disposition__in=(Disposition.NURTURE, Disposition.UNQUALIFIED),
                is_active=True,
                is_system=False,
            ).first()
            if reason is None:
                raise forms.ValidationError("Choose why: not now, or never.")
        return status, reason


class ConfirmForm(TokenForm):
    """Yes or no to what an SDR recorded."""

    do = forms.ChoiceField(
        choices=[("confirm", "Confirm"), ("deny", "Not so")],
        error_messages={"required": "Say whether it is so.", **OF_LIST},
    )


class SettleForm(OutcomeForm):
    """How a contest ends: it stands, is upheld, or is corrected to another outcome."""

    outcome = forms.CharField(max_length=60, required=False)
    do = forms.ChoiceField(
        choices=[("stand", "It stands"), ("uphold", "Upheld")], required=False, error_messages=OF_LIST
    )

    def clean_outcome(self):
        return super().clean_outcome() if self.cleaned_data["outcome"] else None


class MoveForm(TokenForm, WhenForm):
    """Another time for a meeting, and whether they asked for it."""

    minutes = forms.TypedChoiceField(
        choices=[("", "As before"), *((str(n), str(n)) for n in LENGTHS)],
        coerce=int,
        empty_value=None,
        required=False,
        error_messages=OF_LIST,
    )
    owner = forms.ModelChoiceField(
        User.objects.filter(is_active=True, role__in=holders.HOLDERS), required=False, error_messages=OF_LIST
    )
    theirs = forms.BooleanField(required=False)


class CancelForm(TokenForm):
    theirs = forms.BooleanField(required=False)


class WhyForm(TokenForm):
    """Why somebody contests."""

    why = forms.CharField(max_length=2_000, error_messages={"required": "Write why.", **LONG})


class RefuseForm(TokenForm):
    """Why somebody sends back what was handed over: a reason of the list, and more of it in words."""

    why = forms.CharField(max_length=2_000, required=False, error_messages=LONG)
    reason = forms.ModelChoiceField(
        Reason.objects.to_choose(Disposition.REFUSAL),
        to_field_name="code",
        error_messages={"required": "Choose why you send it back.", **OF_LIST},
    )


class StageForm(TokenForm):
    """Where a sale goes, and where it was seen."""

    stage = forms.ModelChoiceField(
        Stage.objects.filter(status="open"),
        error_messages={"required": "Choose a stage.", "invalid_choice": "Choose a stage of the list."},
    )
    seen_at = forms.IntegerField(required=False, min_value=1)


class ValueForm(TokenForm):
    amount = forms.DecimalField(
        max_digits=14,
        decimal_places=2,
        error_messages={"required": "Write a value.", "invalid": "Write the value as a number."},
    )
    currency = CurrencyField()
    close_date = forms.DateField(required=False, error_messages={"invalid": "Choose a day, like 2026-10-15."})


class WinForm(TokenForm):
    """What is known when a sale is won."""

    amount = forms.DecimalField(
        max_digits=14, decimal_places=2, required=False, error_messages={"invalid": "Write the value as a number."}
    )
    contract_end_date = forms.DateField(required=False, error_messages={"invalid": "Choose a day, like 2026-10-15."})
    success_owner = forms.ModelChoiceField(
        User.objects.filter(is_active=True, role="csm"), required=False, error_messages=OF_LIST
    )


class CustomerForm(TokenForm):
    """Who of customer success gets a customer, and when the contract ends."""

    contract_end_date = forms.DateField(required=False, error_messages={"invalid": "Choose a day, like 2026-10-15."})
    success_owner = forms.ModelChoiceField(
        User.objects.filter(is_active=True, role="csm"), required=False, error_messages=OF_LIST
    )


class LoseForm(TokenForm):
    reason = forms.ModelChoiceField(
        Reason.objects.filter(disposition=Disposition.LOSS, is_active=True),
        to_field_name="code",
        error_messages={"required": "Choose a reason.", "invalid_choice": "Choose a reason of the list."},
    )


class RoleForm(TokenForm):
    """A person's part in a sale."""

    lead = forms.IntegerField(min_value=1)
    role = forms.CharField(required=False, max_length=40)


class PartForm(TokenForm):
    """Somebody of the company, and their part in a sale."""

    lead = forms.IntegerField(min_value=1, error_messages={"required": "Choose who.", "invalid": "Choose who."})
    role = forms.CharField(required=False, max_length=40)


class ToForm(TokenForm):
    """Into whose hands."""

    to = forms.ModelChoiceField(
        User.objects.filter(is_active=True, role__in=holders.HOLDERS),
        error_messages={"required": "Choose who.", **OF_LIST},
    )


class AgainForm(TokenForm):
    """Who is to have a lead that was sent back; nobody chosen: who had it."""

    to = forms.ModelChoiceField(returned.takers(), required=False, error_messages=OF_LIST)


class OwnerForm(ToForm):
    """Who owns one role of a company, and what moves along (ACC-7)."""

    role = forms.ChoiceField(
        choices=[(r, r) for r in ("development_owner", "opportunity_owner", "success_owner")], error_messages=OF_LIST
    )
    along = forms.MultipleChoiceField(
        choices=[(n, n) for n in ("leads", "tasks", "meetings", "opportunities")],
        required=False,
        error_messages=OF_LIST,
    )
