from django.db import migrations, models

REFUSAL = (
    ("refused_pack", "Pack not filled", "Notes, card, persona or next step are empty, or the contract's end or contact is."),
    ("refused_person", "Wrong person", "Neither decides nor uses it, nor leads to who does."),
    ("refused_need", "No need found", "The notes name nothing that they would use it for."),
    ("refused_whose", "Somebody else's", "The company, the segment or the product is another's."),
    ("oversold", "Oversold", "A customer was promised what we do not deliver."),
)
KINDS = [
    ("nurture", "Not now"), ("unqualified", "Never"), ("loss", "Opportunity lost"), ("exception", "Exception"),
    ("refusal", "Hand-off refused"),
]  # fmt: skip


def ship(apps, schema_editor):
    """Ship why a hand-off may be sent back (SLA-6), for RevOps to reword."""
    Reason = apps.get_model("accounts", "Reason")
    for order, (code, label, test) in enumerate(REFUSAL, 1):
        facts = {"label": label, "disposition": "refusal", "test": test, "order": order * 10}
        Reason.objects.get_or_create(code=code, defaults=facts)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0023_events_in_time")]

    operations = [
        migrations.AlterField(
            model_name="reason", name="disposition", field=models.CharField(choices=KINDS, max_length=12)
        ),
        migrations.RemoveConstraint(model_name="reason", name="reason_disposition_known"),
        migrations.AddConstraint(
            model_name="reason",
            constraint=models.CheckConstraint(
                condition=models.Q(disposition__in=[kind for kind, _label in KINDS]), name="reason_disposition_known"
            ),
        ),
        migrations.RunPython(ship, migrations.RunPython.noop),
    ]
