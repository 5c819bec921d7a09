from django.db import migrations

# The table of Django's database cache: sign-in limits and used second-factor codes hold for all web processes.
MAKE = """
    CREATE UNLOGGED TABLE public.portal_cache (
        cache_key varchar(255) PRIMARY KEY,
        value text NOT NULL,
        expires timestamptz NOT NULL
    );
    CREATE INDEX portal_cache_expires ON public.portal_cache (expires);
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_allowance")]

    operations = [migrations.RunSQL(MAKE, "DROP TABLE public.portal_cache")]
