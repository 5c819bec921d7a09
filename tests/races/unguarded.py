"""The portal without its locks, for the negative control of the race: the same test must then oversell."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

from portal import rsgi

application = rsgi.application

from django.db.models import QuerySet  # noqa: E402


def _unlocked(self: QuerySet, *args: object, **options: object) -> QuerySet:
    return self.all()


QuerySet.select_for_update = _unlocked  # type: ignore[method-assign]
