"""Lines, lists, and groups that share them."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    """Make their tables."""

    initial = True

    dependencies = [
        ('domains', '0009_dns_look_faults'),
        ('mailboxes', '0008_report_addresses'),
        ('organisations', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='FilterGroup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='filter_groups', to='organisations.organisation')),
            ],
        ),
        migrations.CreateModel(
            name='FilterGroupMember',
            fields=[
                ('mailbox', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='filter_group', serialize=False, to='mailboxes.mailbox')),
                ('group', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='members', to='spam.filtergroup')),
            ],
        ),
        migrations.CreateModel(
            name='FilterSettings',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('level', models.CharField(choices=[('site', 'site'), ('organisation', 'organisation'), ('domain', 'domain'), ('group', 'group'), ('user', 'user')], max_length=12)),
                ('preset', models.CharField(blank=True, choices=[('relaxed', 'relaxed'), ('normal', 'normal'), ('strict', 'strict')], max_length=10)),
                ('lines', models.JSONField(default=dict, help_text='Scores by action; null: never done.')),
                ('changed_at', models.DateTimeField(auto_now=True)),
                ('domain', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='domains.domain')),
                ('group', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='spam.filtergroup')),
                ('mailbox', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='mailboxes.mailbox')),
                ('organisation', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organisations.organisation')),
            ],
        ),
        migrations.CreateModel(
            name='SenderEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('level', models.CharField(choices=[('site', 'site'), ('organisation', 'organisation'), ('domain', 'domain'), ('group', 'group'), ('user', 'user')], max_length=12)),
                ('effect', models.CharField(choices=[('allow', 'allow'), ('block', 'block')], max_length=5)),
                ('subject', models.CharField(choices=[('address', 'address'), ('domain', 'domain'), ('network', 'network'), ('subject', 'subject')], max_length=10)),
                ('pattern', models.CharField(help_text='In lower case.', max_length=320)),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('expires_at', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('created_by', models.CharField(blank=True, max_length=320)),
                ('domain', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='domains.domain')),
                ('group', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='spam.filtergroup')),
                ('mailbox', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='mailboxes.mailbox')),
                ('organisation', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organisations.organisation')),
            ],
        ),
        migrations.AddConstraint(
            model_name='filtergroup',
            constraint=models.UniqueConstraint(fields=('organisation', 'name'), name='spam_group_name_once'),
        ),
        migrations.AddConstraint(
            model_name='filtersettings',
            constraint=models.UniqueConstraint(fields=('level', 'organisation', 'domain', 'group', 'mailbox'), name='spam_settings_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='filtersettings',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('domain__isnull', True), ('group__isnull', True), ('level', 'site'), ('mailbox__isnull', True), ('organisation__isnull', True)), models.Q(('domain__isnull', True), ('group__isnull', True), ('level', 'organisation'), ('mailbox__isnull', True), ('organisation__isnull', False)), models.Q(('domain__isnull', False), ('group__isnull', True), ('level', 'domain'), ('mailbox__isnull', True), ('organisation__isnull', True)), models.Q(('domain__isnull', True), ('group__isnull', False), ('level', 'group'), ('mailbox__isnull', True), ('organisation__isnull', True)), models.Q(('domain__isnull', True), ('group__isnull', True), ('level', 'user'), ('mailbox__isnull', False), ('organisation__isnull', True)), _connector='OR'), name='spam_settings_scope'),
        ),
        migrations.AddIndex(
            model_name='senderentry',
            index=models.Index(fields=['subject', 'pattern'], name='spam_sender_pattern'),
        ),
        migrations.AddConstraint(
            model_name='senderentry',
            constraint=models.UniqueConstraint(fields=('level', 'organisation', 'domain', 'group', 'mailbox', 'subject', 'pattern'), name='spam_sender_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='senderentry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('domain__isnull', True), ('group__isnull', True), ('level', 'site'), ('mailbox__isnull', True), ('organisation__isnull', True)), models.Q(('domain__isnull', True), ('group__isnull', True), ('level', 'organisation'), ('mailbox__isnull', True), ('organisation__isnull', False)), models.Q(('domain__isnull', False), ('group__isnull', True), ('level', 'domain'), ('mailbox__isnull', True), ('organisation__isnull', True)), models.Q(('domain__isnull', True), ('group__isnull', False), ('level', 'group'), ('mailbox__isnull', True), ('organisation__isnull', True)), models.Q(('domain__isnull', True), ('group__isnull', True), ('level', 'user'), ('mailbox__isnull', False), ('organisation__isnull', True)), _connector='OR'), name='spam_sender_scope'),
        ),
    ]
