"""Who is needed to buy, and the cut-offs of coverage and engagement, by version, as shipped (ACC-13)."""

from datetime import UTC, datetime

import django.core.validators
import meetings.models.coverage
from decimal import Decimal
from django.db import migrations, models

from accounts import changes


def ship(apps, schema_editor):
    apps.get_model("meetings", "CoverageRule").objects.create(version=1, valid_from=datetime(2000, 1, 1, tzinfo=UTC))


class Migration(migrations.Migration):

    dependencies = [
        ('meetings', '0005_history'),
    ]

    operations = [
        migrations.CreateModel(
            name='CoverageRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(editable=False, unique=True)),
                ('valid_from', models.DateTimeField(verbose_name='in force from')),
                ('personas', models.TextField(default='decision maker: decision, chief, ceo, cfo, coo, cto, director, vp, head, owner, founder, president\nchampion: champion, manager, lead\nuser: user, engineer, analyst, operator, planner, specialist\nfinance: finance, budget, controller, purchasing, procurement', help_text='One a line: who, a colon, words of their part or title.', validators=[meetings.models.coverage.readable], verbose_name='who is needed to buy')),
                ('covered_percent', models.PositiveSmallIntegerField(default=50, help_text='Personas with a known person, of those needed.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100)], verbose_name='covered from, %')),
                ('engaged_from', models.DecimalField(decimal_places=2, default=1, help_text='People active in 30 days, each weighted by how recently: 1 is one person active just now.', max_digits=5, validators=[django.core.validators.MinValueValidator(Decimal('0.01'))], verbose_name='engaged from')),
                ('half_life_days', models.PositiveSmallIntegerField(default=30, help_text='After so many days an activity weighs half.', validators=[django.core.validators.MinValueValidator(1)], verbose_name='half-life, days')),
            ],
            options={
                'verbose_name': 'coverage and engagement cut-off',
                'ordering': ['-valid_from', '-version'],
                'constraints': [models.CheckConstraint(condition=models.Q(('covered_percent__gte', 1), ('covered_percent__lte', 100)), name='coveragerule_percent'), models.CheckConstraint(condition=models.Q(('engaged_from__gt', 0)), name='coveragerule_engaged_positive'), models.CheckConstraint(condition=models.Q(('half_life_days__gte', 1)), name='coveragerule_half_life_positive')],
            },
        ),
        migrations.RunPython(ship, migrations.RunPython.noop),
        migrations.RunPython(changes.install('meetings'), migrations.RunPython.noop),
    ]
