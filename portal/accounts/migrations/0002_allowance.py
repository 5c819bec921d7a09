from django.db import migrations

# Not a model: only `portal.api.throttling` touches it, by single statements.
MAKE = """
    CREATE UNLOGGED TABLE public.accounts_allowance (
        caller varchar(80) PRIMARY KEY,
        whole_at timestamptz NOT NULL
    );
    CREATE INDEX accounts_allowance_whole_at ON public.accounts_allowance (whole_at);
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [migrations.RunSQL(MAKE, "DROP TABLE public.accounts_allowance")]
