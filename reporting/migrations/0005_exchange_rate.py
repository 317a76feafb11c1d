import django.core.validators
import django.db.models.deletion
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models

KEPT = """
CREATE OR REPLACE FUNCTION reporting_rate_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'an exchange rate is added to, never changed' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER reporting_rate_kept BEFORE UPDATE OR DELETE ON reporting_exchangerate FOR EACH ROW EXECUTE FUNCTION reporting_rate_kept();
"""
FREE = "DROP TRIGGER reporting_rate_kept ON reporting_exchangerate; DROP FUNCTION reporting_rate_kept();"
PERCENT = [
    django.core.validators.MinValueValidator(Decimal("0")), django.core.validators.MaxValueValidator(Decimal("100")),
]  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("reporting", "0004_limits_of_product"),
    ]

    operations = [
        migrations.AlterField(
            model_name="bonusrate",
            name="pipeline_percent",
            field=models.DecimalField(
                decimal_places=2,
                default=0,
                help_text="Of the value of each opportunity when it first reached pipeline, in EUR at that day's rate; without one, as it is.",
                max_digits=5,
                validators=PERCENT,
                verbose_name="of pipeline, %",
            ),
        ),
        migrations.AlterField(
            model_name="bonusrate",
            name="won_percent",
            field=models.DecimalField(
                decimal_places=2,
                default=0,
                help_text="Of the value of each sale when it was won, in EUR at the rate of its pipeline day; without one, as it is.",
                max_digits=5,
                validators=PERCENT,
                verbose_name="of won sales, %",
            ),
        ),
        migrations.CreateModel(
            name="ExchangeRate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "currency",
                    models.CharField(
                        help_text="Like USD.",
                        max_length=3,
                        validators=[
                            django.core.validators.RegexValidator("^[A-Z]{3}$", "Write the currency like USD.")
                        ],
                    ),
                ),
                ("from_date", models.DateField(help_text="The first day on which it counts.", verbose_name="from")),
                (
                    "rate",
                    models.DecimalField(
                        decimal_places=8,
                        help_text="What one of it is worth: 0.92 for a dollar that costs 92 cents.",
                        max_digits=18,
                        validators=[django.core.validators.MinValueValidator(Decimal("0.00000001"))],
                        verbose_name="worth in EUR",
                    ),
                ),
                ("recorded_at", models.DateTimeField(editable=False)),
                (
                    "by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["currency", "-from_date", "-id"],
                "indexes": [
                    models.Index(fields=["currency", "-from_date", "-id"], name="exchangerate_of_day"),
                ],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("rate__gt", 0)), name="exchangerate_above_zero"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("currency__regex", "^[A-Z]{3}$"), models.Q(("currency", "EUR"), _negated=True)
                        ),
                        name="exchangerate_of_another_currency",
                    ),
                ],
            },
        ),
        migrations.RunSQL(KEPT, FREE),
    ]
