"""Cards that a driver counted, and cards that are only declared.

A provider's agent counts the devices of its machine. Cards without a device that it counted are declared by the
provider and measured by nobody: every page says so, and they are sold by quote only, the sample world apart.
"""

from django.conf import settings


def sold_at_once(*, counted: bool) -> bool:
    """Whether cards may be bought without the provider's consent."""
    return counted or bool(settings.SAMPLE_WORLD)
