"""From when on a company counts as engaged: the median of its segment, kept every night, unless RevOps names a number (ACC-13)."""

import django.core.validators
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models
from django.utils import timezone


def take_the_median(apps, schema_editor):
    """Let the median be the cut-off from now on where RevOps never moved it; what was seen before stays as it was."""
    rules = apps.get_model("meetings", "CoverageRule").objects
    if rules.count() != 1:
        return
    if not apps.get_model("leads", "Lead").objects.exists():
        rules.filter(version=1, engaged_from=1).update(engaged_from=None)
        return
    was = rules.get()
    rules.create(
        version=was.version + 1, valid_from=timezone.now(), personas=was.personas, covered_percent=was.covered_percent, engaged_from=None,
        half_life_days=was.half_life_days,
    )


def guard(apps, schema_editor):
    """What was kept is a record: the application adds to it only."""
    cursor = schema_editor.connection.cursor()
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [settings.LEADOPS_APP_ROLE])
    if cursor.fetchone():
        role = schema_editor.quote_name(settings.LEADOPS_APP_ROLE)
        cursor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON meetings_segmentmedian FROM {role}")


class Migration(migrations.Migration):

    dependencies = [
        ('meetings', '0007_sourced_and_open'),
        ('leads', '0017_by_clock'),
    ]

    operations = [
        migrations.AlterField(
            model_name='coveragerule',
            name='engaged_from',
            field=models.DecimalField(blank=True, decimal_places=2, help_text='People active in 30 days, each weighted by how recently: 1 is one person active just now. Empty: the median of the active companies of the same segment, kept every night.', max_digits=5, null=True, validators=[django.core.validators.MinValueValidator(Decimal('0.01'))], verbose_name='engaged from'),
        ),
        migrations.CreateModel(
            name='SegmentMedian',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('segment', models.CharField(blank=True, help_text='Empty: companies without one.', max_length=40)),
                ('at', models.DateTimeField(verbose_name='as of')),
                ('engagement', models.DecimalField(decimal_places=4, max_digits=9)),
                ('companies', models.PositiveIntegerField(verbose_name='active companies')),
                ('recorded_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('segment', 'at'), name='segmentmedian_once'), models.CheckConstraint(condition=models.Q(('engagement__gt', 0)), name='segmentmedian_positive')],
            },
        ),
        migrations.RunPython(take_the_median, migrations.RunPython.noop),
        migrations.RunPython(guard, migrations.RunPython.noop),
    ]
