"""When a lead is handed over where nobody knows the value of the sale: as shipped once the meeting was held, of an enterprise when it is
booked (MOTION-6)."""

from django.db import migrations, models

SHIPPED = (("", "completed"), ("enterprise", "scheduled"))


def ship(apps, schema_editor):
    rule = apps.get_model("meetings", "HandOffRule")
    rule.objects.bulk_create(rule(segment=segment, from_amount=None, point=point) for segment, point in SHIPPED)


def take_away(apps, schema_editor):
    apps.get_model("meetings", "HandOffRule").objects.filter(from_amount=None).delete()


class Migration(migrations.Migration):
    dependencies = [("meetings", "0008_medians")]

    operations = [
        migrations.RemoveConstraint(model_name="handoffrule", name="handoffrule_once"),
        migrations.AlterField(
            model_name="handoffrule",
            name="from_amount",
            field=models.DecimalField(
                blank=True, decimal_places=2, default=0, help_text="A year. Empty: where nobody knows the value yet.", max_digits=14,
                null=True, verbose_name="from a contract value of",
            ),
        ),
        migrations.AddConstraint(
            model_name="handoffrule",
            constraint=models.UniqueConstraint(
                fields=("segment", "from_amount"), name="handoffrule_once", nulls_distinct=False
            ),
        ),
        migrations.RunPython(ship, take_away),
    ]
