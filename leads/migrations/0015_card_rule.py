"""When the card suggests sales-led, by version; as shipped: a sum of 5, or any 3 (QUAL-1)."""

from datetime import UTC, datetime

import django.core.validators
from django.db import migrations, models

from accounts import changes


def ship(apps, schema_editor):
    apps.get_model("leads", "CardRule").objects.create(version=1, valid_from=datetime(2000, 1, 1, tzinfo=UTC))


class Migration(migrations.Migration):

    dependencies = [
        ('leads', '0014_history'),
    ]

    operations = [
        migrations.CreateModel(
            name='CardRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(editable=False, unique=True)),
                ('valid_from', models.DateTimeField(verbose_name='in force from')),
                ('sales_sum', models.PositiveSmallIntegerField(default=5, help_text='Urgency, criticality and complexity together, 0 to 9.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(9)], verbose_name='sales-led from a sum of')),
                ('sales_any', models.PositiveSmallIntegerField(default=3, help_text='One of the three alone, 1 to 3.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(3)], verbose_name='sales-led from any one of')),
            ],
            options={
                'verbose_name': 'qualification cut-off',
                'ordering': ['-valid_from', '-version'],
                'constraints': [models.CheckConstraint(condition=models.Q(('sales_sum__gte', 1), ('sales_sum__lte', 9)), name='cardrule_sum_1_to_9'), models.CheckConstraint(condition=models.Q(('sales_any__gte', 1), ('sales_any__lte', 3)), name='cardrule_any_1_to_3')],
            },
        ),
        migrations.RunPython(ship, migrations.RunPython.noop),
        migrations.RunPython(changes.install('leads'), migrations.RunPython.noop),
    ]
