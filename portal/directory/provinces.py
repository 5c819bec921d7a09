"""What closing a province means for the nation's lists of it."""

from portal.directory.identifiers.issuing import cancel_others
from portal.directory.index.actions import take_off_lists, take_off_notices
from tenants.models import Province


def withdraw(province: Province) -> None:
    take_off_lists(province)
    take_off_notices(province)
    cancel_others(province)
