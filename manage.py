#!/usr/bin/env python
"""Command line of the Suanli Portal."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from portal.runtime import kept

    try:
        kept.bring_into_environment(sys.argv[1:])
        from django.conf import settings

        _ = settings.SECRET_KEY
    except (kept.CannotKeep, kept.PostgresProblem, ImproperlyConfigured) as error:
        kept.stop_with(error)
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
