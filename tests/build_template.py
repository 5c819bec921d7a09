"""Fills an empty database: broker, migrations, then the nation with two provinces or a sample world."""

import os
import sys

import django

SCALE = {"sample": 1, "wide": 20}


def main(kind: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from portal.runtime import broker

    broker.install(settings.DATABASES["default"])
    call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
    call_command("open_province", "nation", "shanxi", "henan", skip_checks=True)
    if kind != "provinces":
        call_command("load_sample", scale=SCALE[kind], skip_checks=True)
    call_command("verify_history", "--seal", skip_checks=True)  # as beat does it within a minute


if __name__ == "__main__":
    main(sys.argv[1])
