"""Fills an empty database: broker, migrations, the nation and the provinces named on the command line."""

import os
import sys

import django


def main(slugs: list[str]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from portal.runtime import broker

    broker.install(settings.DATABASES["default"])
    call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
    call_command("open_province", *slugs)


if __name__ == "__main__":
    main(sys.argv[1:])
