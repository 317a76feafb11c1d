"""What a report is narrowed to, and whose figures somebody sees at all. Used by every metric; read from an address by `reporting/forms.py`.

Filters look at the facts a round froze at its assignment (LIFE-3), never at what its lead, owner or source has become since.
"""

from dataclasses import dataclass, field, fields, replace
from datetime import datetime

from reporting.frame import Relation
from reporting.teams import Teams

MANAGED, MATES = "managed", "mates"  # the teams somebody manages with all below, and those they are in

# What each filter asks of a row. Whoever narrows to a source means its campaigns' rows too, which keep both.
WHERE = {
    "motion": "r.motion = %(motion)s",
    "go_to_market": "r.go_to_market = %(go_to_market)s",
    "source": "r.source_id = %(source)s",
    "campaign": "r.campaign_id = %(campaign)s",
    "segment": "r.segment = %(segment)s",
    "region": "r.region = %(region)s",
    "target": "r.is_target = %(target)s",
    "cycle": "r.number = %(cycle)s",
    "again": "(r.number > 1) = %(again)s",
}


@dataclass(frozen=True, slots=True)
class Filters:
    """What is chosen; None is not narrowed. `people` and `teams` are how far the one who asks may see: None is the whole house.

    Whose they are follows from `reach` and `whose`, and who is in the chosen team from `team`, as things stood at the moment of the
    report: `at` says so.
    """

    team: int | None = None
    rep: int | None = None
    motion: str | None = None
    go_to_market: str | None = None
    source: int | None = None
    campaign: int | None = None
    segment: str | None = None
    region: str | None = None
    target: bool | None = None
    cycle: int | None = None
    again: bool | None = None
    fully_worked: bool | None = None
    matured: bool | None = None  # what that means is the metric's to say (`Metric.ripe`)
    people: frozenset[int] | None = None
    teams: frozenset[int] | None = None
    members: frozenset[int] | None = None  # of the chosen team, and of all below it
    member_teams: frozenset[int] | None = None
    shows_people: bool = True
    reach: str = ""  # MANAGED or MATES of `whose`
    whose: int | None = None
    lines: Teams = field(default_factory=Teams, compare=False, repr=False)

    def chosen(self) -> dict[str, object]:
        """Return what was chosen, as an address says it."""
        own = {"people", "teams", "members", "member_teams", "shows_people", "reach", "whose", "lines"}
        return {
            f.name: value for f in fields(self) if f.name not in own and (value := getattr(self, f.name)) is not None
        }

    def only(self, rep: int) -> "Filters":
        return replace(self, rep=rep)

    def at(self, as_of: datetime | None) -> "Filters":
        """Return the same with everybody who is meant, by the teams as they were known at a moment. Two queries at most, once a moment."""
        if not self.reach and self.team is None:
            return self
        lines, said = self.lines.at(as_of), {}
        if self.reach:
            theirs = lines.managed(self.whose) if self.reach == MANAGED else lines.own(self.whose)
            led = lines.led(theirs) if self.reach == MANAGED else frozenset()
            said["people"] = lines.people(theirs) | led | {self.whose}
            said["teams"] = theirs | lines.own(self.whose)
        if self.team is not None:
            below = lines.below([self.team])
            said |= {"members": lines.people(below), "member_teams": below}
        return replace(self, **said)

    def where(self, relation: Relation) -> tuple[list[str], dict[str, object]]:
        """Say these filters as conditions on the rows of a relation, with their values."""
        said: list[str] = []
        values: dict[str, object] = {}
        for name, condition in WHERE.items():
            value = getattr(self, name)
            if value is None or name in relation.ignores:
                continue
            said.append(condition)
            values[name] = value
        if self.fully_worked and "fully_worked" not in relation.ignores:
            said.append(relation.fully_worked)
        owners = [owner for owner in (relation.owner, relation.other) if owner]
        if self.rep is not None:
            said.append(f"%(rep)s IN ({', '.join(owners)})" if relation.other else f"{relation.owner} = %(rep)s")
            values["rep"] = self.rep
        for which, people, teams in (("sees", self.people, self.teams), ("of", self.members, self.member_teams)):
            if people is not None:
                theirs = [f"{owner} = ANY(%({which}_people)s)" for owner in owners]
                said.append(f"({' OR '.join([*theirs, f'{relation.team} = ANY(%({which}_teams)s)'])})")
                values |= {f"{which}_people": sorted(people), f"{which}_teams": sorted(teams or ())}
        return said, values
