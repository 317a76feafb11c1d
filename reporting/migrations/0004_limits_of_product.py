from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import migrations, models

from accounts import changes

LIMITS = {
    "assigned": ("assigned, days", 3, "Open SLG: since they were assigned. Beside the limit of the response policy."),
    "working": ("working, days", 21, "Working S: since they were first touched."),
    "trying": ("trying the product, days", 10, "Open PLG: since they signed up. At 14 they go by themselves."),
    "using": (
        "using the product, days", None, "Working P: since they activated it. As shipped, empty: who uses it may stay.",
    ),
}  # fmt: skip


def _field(name: str) -> models.Field:
    label, days, says = LIMITS[name]
    return models.PositiveSmallIntegerField(
        label, null=True, blank=True, default=days, validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text=f"{says} Empty: nobody is stuck there.",
    )  # fmt: skip


class Migration(migrations.Migration):
    """The product's leads have limits of stay of their own."""

    dependencies = [("reporting", "0003_stuck_limit")]

    operations = [
        *(migrations.AddField("stucklimit", f"{name}_days", _field(name)) for name in ("trying", "using")),
        *(migrations.AlterField("stucklimit", f"{name}_days", _field(name)) for name in ("assigned", "working")),
        *(
            migrations.AddConstraint(
                "stucklimit",
                models.CheckConstraint(
                    condition=models.Q((f"{name}_days__isnull", True), (f"{name}_days__gte", 1), _connector="OR"),
                    name=f"stuck_{name}",
                ),
            )
            for name in ("trying", "using")
        ),
        migrations.RunPython(changes.install("reporting"), migrations.RunPython.noop),
    ]
