from django.db import migrations, models

from tests.tenants.next_migrations import newest


class Migration(migrations.Migration):
    dependencies = [("outbox", newest())]

    operations = [
        migrations.AddField("letter", "note", models.CharField(max_length=20, default="none"), preserve_default=False)
    ]
