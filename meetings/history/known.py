"""What the words of a file of history must be: reasons and stages as they are called here (IN-4).

Read once for a file by `reading`; asked by `rows` of each row, so that a look finds what the run would.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from accounts.models import Disposition, OpportunityStatus, Reason, Stage
from leads.intake_rows import Bad

SAID = {Disposition.NURTURE: "not now", Disposition.UNQUALIFIED: "never", Disposition.LOSS: "a lost sale"}


@dataclass(frozen=True, slots=True)
class Known:
    """The reasons by disposition and the open stages of this house. Pure."""

    reasons: dict[str, dict[str, str]]  # disposition -> code or label, folded -> label
    stages: dict[str, str]  # folded -> name

    def expect_reason(self, text: str, *dispositions: str) -> None:
        """Raise Bad unless it is a reason of one of these dispositions, by code or label."""
        if not any(text.lower() in self.reasons.get(name, {}) for name in dispositions):
            said = " or ".join(SAID[Disposition(name)] for name in dispositions)
            labels = [label for name in dispositions for label in self.reasons.get(name, {}).values()]
            raise Bad(f"“{text[:40]}” is no reason for {said}. There are: {_listed(labels)}.")

    def expect_stage(self, name: str) -> None:
        """Raise Bad unless an open stage is called so."""
        if name.lower() not in self.stages:
            raise Bad(f"There is no stage “{name[:40]}”. There are: {_listed(self.stages.values())}.")


def _listed(names: Iterable[str]) -> str:
    """List names once each, as many as a line holds."""
    said, names = "", list(dict.fromkeys(names))
    for place, name in enumerate(names):
        if len(said) + len(name) > 180:
            return f"{said} and {len(names) - place} more"
        said += f", {name}" if said else name
    return said


def known() -> Known:
    """Read the reasons and stages there are. Two queries."""
    reasons: dict[str, dict[str, str]] = {}
    for reason in Reason.objects.all():
        reasons.setdefault(reason.disposition, {}).update(
            {text.lower(): reason.label for text in (reason.code, reason.label)}
        )
    stages = Stage.objects.filter(status=OpportunityStatus.OPEN).order_by("order").values_list("name", flat=True)
    return Known(reasons, {name.lower(): name for name in stages})
