"""The migrations of `tenants.outbox` and one more, for tests and benchmarks of migrating.

Django looks for an app's migrations where `MIGRATION_MODULES` says: here, where the folder of the real ones is looked
through too. Set it with `coming()`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tenants.outbox import migrations

REAL = list(migrations.__path__)
__path__ = [*REAL, str(Path(__file__).parent)]


def newest() -> str:
    """Name of the newest real migration."""
    return max(path.stem for folder in REAL for path in Path(folder).glob("[0-9]*.py"))


@contextmanager
def coming() -> Iterator[None]:
    """One migration more than the code has: `outbox.9000_letter_has_a_note` adds a column with a default."""
    from django.test import override_settings

    from tenants.schemas import versions

    versions.on_disk.cache_clear()
    try:
        with override_settings(MIGRATION_MODULES={"outbox": __name__}):
            yield
    finally:
        versions.on_disk.cache_clear()
