import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='topup',
            name='reference_key',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=120),
        ),
        migrations.AddField(
            model_name='topup',
            name='reversal_asked_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='topup',
            name='reversal_reason',
            field=models.TextField(blank=True, db_default='', default=''),
        ),
        migrations.AddField(
            model_name='topup',
            name='reversed_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='topup',
            name='reversed_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='topup',
            name='bank_reference',
            field=models.CharField(max_length=60),
        ),
        migrations.AlterField(
            model_name='topup',
            name='state',
            field=models.CharField(choices=[('awaiting_second', 'waiting for a second officer'), ('booked', 'booked'), ('refused', 'refused'), ('reversing', 'booked; its reversal waits for a second officer'), ('reversed', 'reversed')], default='awaiting_second', max_length=16),
        ),
        migrations.AlterField(
            model_name='transaction',
            name='kind',
            field=models.CharField(choices=[('top_up', 'top-up'), ('reserve', 'reservation'), ('capture', 'charge for use'), ('reversal', 'reversed top-up'), ('release', 'released reservation')], max_length=10),
        ),
    ]
