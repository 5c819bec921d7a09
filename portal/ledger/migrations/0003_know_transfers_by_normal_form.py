import re
import unicodedata

from django.db import migrations, models


def fill(apps, schema_editor):
    """Of old transfers that share a normal form, the first keeps it; the others stay without, for people to look at."""
    top_ups = apps.get_model('ledger', 'TopUp').objects
    taken = set()
    for row in top_ups.order_by('pk').only('bank_reference').iterator():
        key = re.sub(r'\s+', '', unicodedata.normalize('NFKC', row.bank_reference)).casefold()[:120]
        if key not in taken:
            taken.add(key)
            top_ups.filter(pk=row.pk).update(reference_key=key)


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0002_reverse_top_ups'),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name='topup',
            constraint=models.UniqueConstraint(condition=models.Q(models.Q(('state', 'reversed'), _negated=True), models.Q(('reference_key', ''), _negated=True)), fields=('reference_key',), name='transfer_recorded_once'),
        ),
        migrations.AddConstraint(
            model_name='topup',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['reversing', 'reversed']), _negated=True), models.Q(('reversal_asked_by__isnull', False), models.Q(('reversal_reason', ''), _negated=True)), _connector='OR'), name='reversal_by_two_people'),
        ),
        migrations.AddConstraint(
            model_name='topup',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'reversed'), _negated=True), models.Q(('reversed_at__isnull', False), ('reversed_by__isnull', False), models.Q(('reversed_by', models.F('reversal_asked_by')), _negated=True)), _connector='OR'), name='reversed_by_another'),
        ),
    ]
