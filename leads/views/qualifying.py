"""Filling the qualification card (QUAL-1), and giving the lead back to the product because it serves itself best (QUAL-2)."""

from django import forms
from django.urls import path

from accounts.models import Door
from leads import qualification
from leads.lifecycle import Seen
from leads.models import Answer, Way
from leads.qualification import EVIDENCE, FOUR, LONGEST, SCORES, TEXTS
from leads.views.acting import did, view_of
from leads.views.card import label_of
from leads.views.forms import ActForm

CHOOSE = {"invalid_choice": "Choose one of the list."}
TOO_LONG = {"max_length": f"An answer holds {LONGEST:,} characters."}


class CardForm(ActForm):
    """The whole card: what is empty is not known."""

    is_kept = True
    places = {name: name for name in (*EVIDENCE, "why", "decision")}
    seen = forms.IntegerField(required=False, min_value=1)
    decision = forms.ChoiceField(choices=[("", "Not yet"), *Way.choices], required=False, error_messages=CHOOSE)
    why = forms.CharField(required=False, max_length=LONGEST, error_messages=TOO_LONG)
    do = forms.ChoiceField(choices=[("save", "Save"), ("return", "Return")], required=False)

    def in_words(self, typed: dict) -> str:
        told = {label_of(name): typed.get(name, "").strip() for name in (*EVIDENCE, *TEXTS, "why")}
        return "\n".join(f"{label}: {text}" for label, text in told.items() if text)


for _name in SCORES:
    CardForm.base_fields[_name] = forms.TypedChoiceField(
        choices=[("", "?"), *((str(n), str(n)) for n in range(4))],
        coerce=int,
        empty_value=None,
        required=False,
        error_messages=CHOOSE,
    )
for _name in FOUR:
    CardForm.base_fields[_name] = forms.ChoiceField(choices=Answer.choices, required=False, error_messages=CHOOSE)
for _name in (*EVIDENCE, *TEXTS):
    CardForm.base_fields[_name] = forms.CharField(required=False, max_length=LONGEST, error_messages=TOO_LONG)


@view_of(CardForm, "card")
def card(desk, lead, said):
    """Write the next version of the card; or decide self-serve and give the lead back to the product."""
    answers = {name: said[name] for name in qualification.FIELDS if name in desk.request.POST}
    if "seen" in desk.request.POST:
        answers = qualification.changed(lead, answers, said["seen"])
    seen = Seen(lead.pk, said["cycle"], said["version"])
    how = {"by": desk.user, "at": desk.at, "door": Door.PAGE}
    if said["do"] == "return":
        qualification.return_to_product(seen, answers, why=said["why"], **how)
        return did(desk, lead, f"{lead.name} serves themselves best: back to the product.", stays=False)
    decided = {name: said[name] for name in ("decision", "why") if name in desk.request.POST}
    result = qualification.fill(seen, answers, **decided, **how)
    now = result.lead
    row = result.made[now.pk]["card"]
    known = len(qualification.FIVE) - len(qualification.missing(row))
    says = f" It suggests {Way(row.suggestion).label.lower()}." if row.suggestion else ""
    return did(desk, now, f"{now.name}: the card tells {known} of {len(qualification.FIVE)}.{says}")


urlpatterns = [path("leads/<int:pk>/qualification/", card, name="qualification")]
