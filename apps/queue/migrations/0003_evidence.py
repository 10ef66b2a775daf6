from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('queue', '0002_busy_table'),
    ]

    operations = [
        migrations.AddField(
            model_name='queuedmessage',
            name='evidence',
            field=models.JSONField(help_text='What checking its sender came to; empty means that nobody checked.', null=True),
        ),
    ]
