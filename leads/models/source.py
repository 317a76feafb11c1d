"""Where leads come from."""

from django.db import models

from accounts.models.change import Kept


class SourceQuerySet(models.QuerySet):
    def named(self):
        """Keep the sources people choose from: no campaign, and not the nameless one that campaigns without a source hang below."""
        return self.filter(parent__isnull=True).exclude(name="")


class Source(models.Model):
    """Where leads come from. A campaign is a source with a parent; the parent has no name where the source was blank."""

    name = models.CharField(max_length=120)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="campaigns")
    created_at = models.DateTimeField(auto_now_add=True)

    kept = Kept(leave_out=("created_at",), born=False)
    objects = SourceQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["parent", "name"], nulls_distinct=False, name="source_once")]

    def __str__(self):
        return self.name or "(blank)"
