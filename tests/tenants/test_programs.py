"""PostgreSQL's programs reach the database that Django reaches, and are as sure of it."""

from unittest.mock import patch

from django.db import connection

from tenants.backups import programs


def test_programs_are_told_how_django_trusts_the_server():
    options = {"sslmode": "verify-full", "sslrootcert": "/etc/ca.pem"}
    with patch.dict(connection.settings_dict, HOST="db.example", PASSWORD="secret", OPTIONS=options):
        told = programs.environment()
        assert programs.place() == {**options, "host": "db.example", "password": "secret"} | {
            name: programs.place()[name] for name in ("user", "dbname")
        }
    assert (told["PGHOST"], told["PGSSLMODE"], told["PGSSLROOTCERT"]) == ("db.example", "verify-full", "/etc/ca.pem")
