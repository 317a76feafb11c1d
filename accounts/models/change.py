"""What was changed on what people keep: rules, people, companies, who a lead is. Beside the record, which says what happened."""

from dataclasses import dataclass

from django.db import models

from .record import Door


@dataclass(frozen=True, slots=True)
class Kept:
    """How a model's changes are noted, as its `kept`: what is left out, what is only said to have changed, and whether a new row is noted.

    `under` is the column of what a row is a part of, `part` the column that says which part: a membership is told with its team.
    `where` keeps some rows only; it is SQL over `the`, the row.
    """

    leave_out: tuple[str, ...] = ()
    hide: tuple[str, ...] = ()
    born: bool = True
    under: str = ""
    part: str = ""
    where: str = "true"


class Change(models.Model):
    """One change of one row: each column from what to what, when, by whom, by what door. Written by the database itself.

    Unlike the record it may hold personal text, so an erasure takes away what it says of the person.
    """

    class Kind(models.TextChoices):
        ADDED = "added", "added"
        CHANGED = "changed", "changed"
        REMOVED = "removed", "removed"

    at = models.DateTimeField()
    table = models.CharField(max_length=40, help_text="of what: the table's name")
    row = models.BigIntegerField(help_text="which: its number")
    part = models.CharField(
        max_length=60, blank=True, help_text="of a part: its table and number, as accounts_membership 4"
    )
    kind = models.CharField(max_length=8, choices=Kind)
    actor_id = models.BigIntegerField(null=True, help_text="a person; empty is the system")
    door = models.CharField(max_length=8, choices=Door)
    what = models.JSONField(default=dict, help_text="column: [from, to]")

    class Meta:
        indexes = [models.Index(fields=["table", "row", "-id"], name="change_of_row")]

    def __str__(self):
        return f"{self.table} {self.row} {self.kind}"
