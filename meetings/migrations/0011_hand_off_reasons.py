import django.db.models.deletion
from django.db import migrations, models

# One that was taken on by the word about its meeting was put on record with that word, not when the meeting began.
RECORDED = """
UPDATE meetings_handoff h SET recorded_at = CASE WHEN EXISTS (
  SELECT FROM meetings_meeting m WHERE h.kind = 'sale' AND h.outcome = 'accepted' AND m.opportunity_id = h.opportunity_id
    AND m.lead_id = h.lead_id AND m.starts_at = h.began_at) THEN h.ended_at ELSE h.began_at END
"""
OVERSOLD = """
UPDATE meetings_handoff SET reason_id = (SELECT id FROM accounts_reason WHERE code = 'oversold') WHERE is_oversold
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0024_hand_off_reasons"), ("meetings", "0010_sizes")]

    operations = [
        migrations.AddField(
            model_name="handoff",
            name="recorded_at",
            field=models.DateTimeField(
                null=True, help_text="when it was put on record: taken on in one, it began before"
            ),
        ),
        migrations.AddField(
            model_name="handoff",
            name="reason",
            field=models.ForeignKey(
                help_text="why it was refused, of RevOps' list",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.reason",
            ),
        ),
        migrations.RunSQL(RECORDED, migrations.RunSQL.noop),
        migrations.RunSQL(OVERSOLD, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="handoff",
            name="recorded_at",
            field=models.DateTimeField(help_text="when it was put on record: taken on in one, it began before"),
        ),
        migrations.RemoveConstraint(model_name="handoff", name="handoff_refused_says_why"),
        migrations.AddConstraint(
            model_name="handoff",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("outcome", "refused"), _negated=True),
                    ("reason__isnull", False),
                    models.Q(("why", ""), _negated=True),
                    ("is_oversold", True),
                    _connector="OR",
                ),
                name="handoff_refused_says_why",
            ),
        ),
    ]
