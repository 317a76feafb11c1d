"""Rules that route, policies by criteria, and the ledger of a pool's turns, whose credits are only ever added to."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

ROLE = settings.LEADOPS_APP_ROLE
RECORD = f"""
DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') THEN
  REVOKE UPDATE, DELETE, TRUNCATE ON leads_credit FROM "{ROLE}";
END IF; END $$
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0006_target_accounts'),
        ('leads', '0005_erased'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Credit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('turns', models.SmallIntegerField(default=1, help_text='1 gives a turn, -1 takes one.')),
                ('why', models.CharField(choices=[('no_show', 'no-show'), ('duplicate', 'merged as a duplicate'), ('false_identity', 'false identity'), ('off_shift', 'its limit fell outside their hours'), ('taken', 'taken by its limit'), ('manager', 'by the manager')], max_length=14)),
                ('at', models.DateTimeField(editable=False)),
            ],
        ),
        migrations.CreateModel(
            name='RoutingRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80)),
                ('order', models.PositiveSmallIntegerField(default=100)),
                ('motion', models.CharField(blank=True, choices=[('slg', 'Sales-led'), ('plg', 'Product-led')], max_length=3)),
                ('go_to_market', models.CharField(blank=True, choices=[('inbound', 'Inbound'), ('outbound', 'Outbound')], max_length=8)),
                ('segment', models.CharField(blank=True, max_length=40)),
                ('region', models.CharField(blank=True, max_length=40)),
                ('score_from', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('score_to', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('is_target', models.BooleanField(blank=True, null=True, verbose_name='target account')),
                ('owner_role', models.CharField(blank=True, choices=[('sdr', 'SDR'), ('ae', 'AE'), ('csm', 'CSM')], help_text='Only these of the pool. Empty: all of it.', max_length=12)),
                ('policy_name', models.CharField(blank=True, help_text='By its name. Empty: the first policy that matches.', max_length=80, verbose_name='response policy')),
                ('tells_revops', models.BooleanField(default=False, help_text='For the last one, which catches all.', verbose_name='tells RevOps')),
                ('valid_from', models.DateTimeField(editable=False, null=True, verbose_name='in force from')),
                ('valid_until', models.DateTimeField(editable=False, null=True, verbose_name='in force until')),
            ],
            options={
                'ordering': ['order', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Share',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField()),
                ('due', models.FloatField(default=0)),
                ('received', models.PositiveIntegerField(default=0)),
                ('last_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.AlterModelOptions(
            name='policy',
            options={'ordering': ['order', 'name', '-version'], 'verbose_name_plural': 'policies'},
        ),
        migrations.AddField(
            model_name='policy',
            name='at_limit',
            field=models.CharField(choices=[('move', 'to the next rep on shift'), ('queue', "back to the team's queue")], db_default='move', default='move', max_length=6),
        ),
        migrations.AddField(
            model_name='policy',
            name='is_active',
            field=models.BooleanField(db_default=True, default=True, help_text='Off: from its date on, this name promises nothing.'),
        ),
        migrations.AddField(
            model_name='policy',
            name='is_target',
            field=models.BooleanField(blank=True, null=True, verbose_name='target account'),
        ),
        migrations.AddField(
            model_name='policy',
            name='order',
            field=models.PositiveSmallIntegerField(db_default=100, default=100, help_text='The first that matches is taken.'),
        ),
        migrations.AddField(
            model_name='policy',
            name='segment',
            field=models.CharField(blank=True, db_default='', default='', max_length=40),
        ),
        migrations.AddField(
            model_name='policy',
            name='source',
            field=models.ForeignKey(blank=True, help_text='A source or a campaign.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='leads.source'),
        ),
        migrations.AlterField(
            model_name='cycle',
            name='trigger',
            field=models.CharField(choices=[('score', 'score'), ('action', 'they asked for us'), ('pull', 'pulled from a queue'), ('target', 'target account'), ('manager', 'by a manager'), ('own', 'by its owner'), ('round_robin', 'in turn'), ('recycle', 'came back'), ('reopen', 'reopened'), ('hand_over', 'handed over by the product'), ('self_serve', 'self-serve fit'), ('sign_up', 'signed up to the product'), ('route', 'by routing')], max_length=12),
        ),
        migrations.AddConstraint(
            model_name='policy',
            constraint=models.CheckConstraint(condition=models.Q(('at_limit__in', ['move', 'queue'])), name='policy_at_limit_known'),
        ),
        migrations.AddField(
            model_name='credit',
            name='by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='credit',
            name='lead',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='leads.lead'),
        ),
        migrations.AddField(
            model_name='credit',
            name='pool',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.team'),
        ),
        migrations.AddField(
            model_name='credit',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='routingrule',
            name='campaign',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='leads.source'),
        ),
        migrations.AddField(
            model_name='routingrule',
            name='pool',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.team'),
        ),
        migrations.AddField(
            model_name='routingrule',
            name='source',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='leads.source'),
        ),
        migrations.AddField(
            model_name='share',
            name='pool',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.team'),
        ),
        migrations.AddField(
            model_name='share',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='credit',
            index=models.Index(fields=['pool', 'at'], name='credit_of_pool'),
        ),
        migrations.AddConstraint(
            model_name='credit',
            constraint=models.CheckConstraint(condition=models.Q(('turns', 0), _negated=True), name='credit_of_something'),
        ),
        migrations.AddConstraint(
            model_name='credit',
            constraint=models.CheckConstraint(condition=models.Q(('why', ''), _negated=True), name='credit_has_a_why'),
        ),
        migrations.AddConstraint(
            model_name='credit',
            constraint=models.UniqueConstraint(condition=models.Q(('lead__isnull', False), ('why__in', ['duplicate', 'false_identity'])), fields=('lead', 'user', 'why'), name='credit_once_a_lead'),
        ),
        migrations.AddConstraint(
            model_name='routingrule',
            constraint=models.CheckConstraint(condition=models.Q(('score_from__isnull', True), ('score_to__isnull', True), ('score_from__lte', models.F('score_to')), _connector='OR'), name='routingrule_score_in_order'),
        ),
        migrations.AddConstraint(
            model_name='routingrule',
            constraint=models.CheckConstraint(condition=models.Q(('valid_until__isnull', True), models.Q(('valid_from__isnull', False), ('valid_until__gte', models.F('valid_from'))), _connector='OR'), name='routingrule_dates_in_order'),
        ),
        migrations.AddConstraint(
            model_name='share',
            constraint=models.UniqueConstraint(fields=('pool', 'user', 'month'), name='share_once_a_month'),
        ),
        migrations.RunSQL(RECORD, migrations.RunSQL.noop),
    ]
