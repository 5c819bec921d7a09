from django.db import migrations

ASSIGN = """
    INSERT INTO activation_assignment (pool_id, agent_id, since)
    SELECT report.pool_id, report.agent_id, now()
    FROM activation_capacityreport AS report
    JOIN activation_agent AS agent ON agent.key_id = report.agent_id
    WHERE agent.revoked_at IS NULL AND EXISTS (
        SELECT FROM activation_agent AS other
        WHERE other.provider_id = agent.provider_id AND other.revoked_at IS NULL AND other.key_id <> agent.key_id
    )
    ON CONFLICT (pool_id) DO NOTHING
"""


class Migration(migrations.Migration):
    """A provider with several agents keeps each pool with the agent that reported it last."""

    dependencies = [
        ('activation', '0004_number_polls_and_assign_pools'),
    ]

    operations = [migrations.RunSQL(ASSIGN, migrations.RunSQL.noop)]
