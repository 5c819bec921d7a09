"""What apps contribute by the name of a module: `queues`, `invariants`, `portability`.

Apps above need no registration, and whoever asks imports none of them.
"""

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from django.apps import apps

OURS = ("portal.", "tenants", "marketplace.")


def modules(name: str) -> Iterator[tuple[str, ModuleType]]:
    """Label and module of each of our apps that has one of this name, in the order of INSTALLED_APPS."""
    for config in apps.get_app_configs():
        path = f"{config.name}.{name}"
        if config.name.startswith(OURS) and find_spec(path):
            yield config.label, import_module(path)
