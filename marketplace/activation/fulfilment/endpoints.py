"""Where agents say that workspaces answer: which addresses are taken from a report.

The form is checked here, and an IP address at once. What a name leads to is decided by each probe, when it connects.
"""

from django.conf import settings
from django.utils.translation import gettext as _

from portal.outbound import addresses
from portal.outbound.addresses import BadAddress
from tenants.acts import Refusal, require
from tenants.context import current_province
from tenants.models import Province

BAD_ENDPOINT = "bad_endpoint"


def accepted(url: str) -> str:
    """The address, if people and the portal may be sent there. Raises `Refusal`."""
    try:
        address = addresses.read(url)
    except BadAddress:
        raise Refusal(_malformed(), BAD_ENDPOINT) from None
    require(not address.is_under(settings.PARENT_DOMAIN), _ours(), BAD_ENDPOINT)
    literal = address.literal
    require(
        literal is None or addresses.may_go_to(literal, networks()),
        _(
            "The workspace's address is neither public nor in a network that the province lists. The answer was not "
            "taken. Use another address, or ask the national operator to list the network."
        ),
        BAD_ENDPOINT,
    )
    return url


def networks() -> list[addresses.Network]:
    """Networks other than the public internet where workspaces of the current province may answer."""
    return Province.objects.get(schema_name=current_province()).listed_networks


def _malformed() -> str:
    return _(
        "The workspace's address must begin with http:// or https://, name a host or a plain IP address, have a port "
        "from 1 to 65535 if any, and no user name or unusual characters. The answer was not taken."
    )


def _ours() -> str:
    """The session cookie belongs to the whole domain, and cookies ignore ports."""
    return _(
        "The workspace's address is under the portal's own domain, where browsers would send people's sign-in to the "
        "workspace. Give it another host. The answer was not taken."
    )
