"""Stored deadlines of a round, and what they are for the rounds that are open already (leads/deadlines.py says the same)."""

from django.conf import settings
from django.db import migrations, models

ROUNDS = """
UPDATE leads_cycle c SET abandon_at = CASE
    WHEN l.status = 'working' THEN greatest(
      c.working_at + interval '30 days', greatest(coalesce(c.last_touch_at, c.working_at), l.status_since) + interval '7 days')
    WHEN c.go_to_market = 'inbound' AND c.touches = 0 THEN CASE
      WHEN c.assigned_at + interval '14 days' >= l.status_since THEN c.assigned_at + interval '14 days'
      ELSE l.status_since + interval '7 days' END
  END
FROM leads_lead l
WHERE l.id = c.lead_id AND c.ended_at IS NULL AND l.status IN ('assigned', 'working') AND l.motion = 'slg'
  AND NOT EXISTS (SELECT FROM leads_task t WHERE t.cycle_id = c.id AND t.done_at IS NULL
    AND (t.kind IN ('reply', 'hand_raise') OR (t.kind = 'exception' AND t.accepted_at IS NOT NULL)))
"""
EXCEPTIONS = """
UPDATE leads_task SET sweep_at = least(due_at, began_at + interval '14 days') WHERE kind = 'exception' AND done_at IS NULL
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_deadlines'),
        ('leads', '0003_shipped'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='cycle',
            name='abandon_at',
            field=models.DateTimeField(null=True, verbose_name='auto-abandoned at'),
        ),
        migrations.AddField(
            model_name='cycle',
            name='freed_at',
            field=models.DateTimeField(null=True, verbose_name='what held it last ended at'),
        ),
        migrations.AddField(
            model_name='cycle',
            name='return_at',
            field=models.DateTimeField(null=True, verbose_name='an untouched pull goes back at'),
        ),
        migrations.AddField(
            model_name='cycle',
            name='warned_at',
            field=models.DateTimeField(null=True, verbose_name='told that it is long in working'),
        ),
        migrations.AddIndex(
            model_name='cycle',
            index=models.Index(condition=models.Q(('abandon_at__isnull', False), ('ended_at__isnull', True)), fields=['abandon_at'], name='cycle_to_abandon'),
        ),
        migrations.AddIndex(
            model_name='cycle',
            index=models.Index(condition=models.Q(('ended_at__isnull', True), ('first_touch_at__isnull', True), ('return_at__isnull', False)), fields=['return_at'], name='cycle_to_return'),
        ),
        migrations.AddIndex(
            model_name='cycle',
            index=models.Index(condition=models.Q(('ended_at__isnull', True), ('motion', 'slg'), ('warned_at__isnull', True), ('working_at__isnull', False)), fields=['working_at'], name='cycle_to_warn'),
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(condition=models.Q(('done_at__isnull', True), ('kind', 'exception'), ('sweep_at__isnull', False)), fields=['sweep_at'], name='task_exception_due'),
        ),
        migrations.RunSQL([ROUNDS, EXCEPTIONS], migrations.RunSQL.noop),
    ]
