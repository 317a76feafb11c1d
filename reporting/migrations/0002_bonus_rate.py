"""What each line of a pay statement brings, by version; as shipped, nothing (REP-19)."""

from datetime import UTC, datetime

import django.core.validators
from decimal import Decimal
from django.db import migrations, models

from accounts import changes


def ship(apps, schema_editor):
    apps.get_model("reporting", "BonusRate").objects.create(version=1, valid_from=datetime(2000, 1, 1, tzinfo=UTC))


class Migration(migrations.Migration):

    dependencies = [
        ('reporting', '0001_figure'),
    ]

    operations = [
        migrations.CreateModel(
            name='BonusRate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(editable=False, unique=True)),
                ('valid_from', models.DateTimeField(verbose_name='in force from')),
                ('per_meeting', models.DecimalField(decimal_places=2, default=0, help_text='For each meeting held that the rep is credited for.', max_digits=10, validators=[django.core.validators.MinValueValidator(Decimal('0'))], verbose_name='for a meeting, EUR')),
                ('pipeline_percent', models.DecimalField(decimal_places=2, default=0, help_text='Of the value of each opportunity when it first reached pipeline, in its currency.', max_digits=5, validators=[django.core.validators.MinValueValidator(Decimal('0')), django.core.validators.MaxValueValidator(Decimal('100'))], verbose_name='of pipeline, %')),
                ('won_percent', models.DecimalField(decimal_places=2, default=0, help_text='Of the value of each sale when it was won, in its currency.', max_digits=5, validators=[django.core.validators.MinValueValidator(Decimal('0')), django.core.validators.MaxValueValidator(Decimal('100'))], verbose_name='of won sales, %')),
            ],
            options={
                'verbose_name': 'bonus rate',
                'ordering': ['-valid_from', '-version'],
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('per_meeting__gte', 0)), name='bonusrate_meeting'), models.CheckConstraint(condition=models.Q(('pipeline_percent__range', (0, 100)), ('won_percent__range', (0, 100))), name='bonusrate_percent')],
            },
        ),
        migrations.RunPython(ship, migrations.RunPython.noop),
        migrations.RunPython(changes.install('reporting'), migrations.RunPython.noop),
    ]
