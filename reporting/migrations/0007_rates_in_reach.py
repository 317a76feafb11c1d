"""A rate from a day that is a slip of the hand held every closed month after it: before 2000, or more than a year ahead of its entry.

What is on record already stays: a rate is added to, never changed.
"""

from django.db import migrations

HELD = """
ALTER TABLE reporting_exchangerate ADD CONSTRAINT exchangerate_in_reach
  CHECK (from_date >= DATE '2000-01-01' AND from_date <= (recorded_at AT TIME ZONE 'UTC')::date + 366) NOT VALID;
"""
FREE = "ALTER TABLE reporting_exchangerate DROP CONSTRAINT exchangerate_in_reach;"


class Migration(migrations.Migration):
    dependencies = [("reporting", "0006_team_figures")]
    operations = [migrations.RunSQL(HELD, FREE)]
