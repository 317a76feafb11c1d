"""What the forms about many leads may say: to whom and what becomes of the clock, or why the rounds end."""

from django import forms

from accounts.models import Reason
from leads import receivers
from leads.bulk import Change
from leads.notes import LONGEST
from leads.views.forms import SizeField

NOTE = {"max_length": f"A note holds {LONGEST:,} characters."}


class MoveForm(forms.Form):
    """To a person, over a team in turn, or into a team's queue; the clock runs on unless it is restarted with a reason."""

    to = forms.ChoiceField(
        label="To", error_messages={"required": "Choose who.", "invalid_choice": "Choose somebody of the list."}
    )
    clock = forms.ChoiceField(
        choices=[("keep", "The clock runs on"), ("restart", "The clock starts again")], initial="keep", required=False,
        widget=forms.RadioSelect, label="Clock",
    )  # fmt: skip
    note = forms.CharField(
        required=False, max_length=LONGEST, label="Note", widget=forms.Textarea({"rows": 2}), error_messages=NOTE,
        help_text="Needed to start the clock again, and to open what was never.",
    )  # fmt: skip

    def __init__(self, data, *, what: str, desk):
        super().__init__(data)
        people, teams = receivers.people_below(desk.user), receivers.teams_below(desk.user)
        unable = receivers.unable(people, desk.at)
        self.receivers = {f"u{p.pk}": p for p in people} | {f"{how}{t.pk}": t for how in "tq" for t in teams}
        self.fields["to"].choices = [
            ("", "Choose"),
            (
                "People",
                [(f"u{p.pk}", f"{p} ({unable[p.pk].rstrip('.')})" if p.pk in unable else str(p)) for p in people],
            ),
            ("In turn", [(f"t{t.pk}", f"{t}, in turn") for t in teams]),
            ("Queues", [(f"q{t.pk}", f"Queue of {t}") for t in teams]),
        ]

    def clean(self) -> dict:
        said = super().clean()
        if said.get("clock") == "restart" and not said.get("note", "").strip():
            self.add_error("note", "Write why the clock starts again.")
        return said

    @property
    def change(self) -> Change:
        said = self.cleaned_data
        how = {"u": "person", "t": "turn", "q": "queue"}[said["to"][0]]
        restart = said.get("clock") == "restart"
        return Change("assign", how, self.receivers[said["to"]], note=said["note"].strip(), restart_clock=restart)


class EndManyForm(forms.Form):
    """Why the rounds end."""

    reason = forms.ChoiceField(
        label="Reason",
        error_messages={"required": "Choose a reason.", "invalid_choice": "Choose a reason of the list."},
    )
    size = SizeField(label="Size", help_text="Where the reason is that they are too small.")
    note = forms.CharField(
        required=False, max_length=LONGEST, label="Note", widget=forms.Textarea({"rows": 2}), error_messages=NOTE
    )

    def __init__(self, data, *, what: str, desk):
        super().__init__(data)
        self.what = what
        disposition = "nurture" if what == "nurture" else "unqualified"
        self.reasons = {r.code: r for r in Reason.objects.to_choose(disposition) if r.nurture_kind != "sales"}
        self.fields["reason"].choices = [("", "Choose"), *((code, r.label) for code, r in self.reasons.items())]
        if not any(r.asks_size for r in self.reasons.values()):
            del self.fields["size"]

    @property
    def change(self) -> Change:
        said = self.cleaned_data
        return Change(self.what, reason=self.reasons[said["reason"]], note=said["note"], size=said.get("size", ""))
