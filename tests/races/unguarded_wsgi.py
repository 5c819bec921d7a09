"""The portal without its locks, for the negative control of the race: the same test must then oversell."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

from django.db.models import QuerySet  # noqa: E402


def _unlocked(self: QuerySet, *args: object, **options: object) -> QuerySet:
    return self.all()


QuerySet.select_for_update = _unlocked  # type: ignore[method-assign]
