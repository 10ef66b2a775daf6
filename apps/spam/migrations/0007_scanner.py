from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('spam', '0006_rule_feed_looked'),
    ]

    operations = [
        migrations.CreateModel(
            name='Scanner',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.CharField(max_length=300, unique=True)),
                ('state', models.CharField(blank=True, choices=[('well', 'Well'), ('old', 'Old'), ('silent', 'Silent')], max_length=6)),
                ('told', models.CharField(blank=True, choices=[('well', 'Well'), ('old', 'Old'), ('silent', 'Silent')], help_text='What was told of it last.', max_length=6)),
                ('engine', models.CharField(blank=True, max_length=40)),
                ('signatures', models.CharField(blank=True, max_length=20)),
                ('made_at', models.DateTimeField(help_text='When its signatures were made.', null=True)),
                ('since', models.DateTimeField(help_text='When it came to be so.')),
                ('looked_at', models.DateTimeField()),
            ],
        ),
    ]
