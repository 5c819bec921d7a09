"""Access secrets of resources: encrypted at rest, readable for 30 s at a time, every view a history row."""

from cryptography.fernet import Fernet
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from marketplace.activation.models import Resource, ResourceState
from portal.accounts.models import ApiKey, User
from portal.sealing import cipher
from tenants import history
from tenants.acts import require


def encrypt(secret: str) -> bytes:
    return _cipher().encrypt(secret.encode())


def decrypt(token: bytes | memoryview) -> str:
    return _cipher().decrypt(bytes(token)).decode()


def show_credentials(resource: Resource, *, by: User | ApiKey) -> tuple[str, str]:
    """Endpoint and secret of a working resource; from now on readable for 30 s, and history says who looked.

    Raises `Refusal` if the resource does not work yet or no longer.
    """
    with transaction.atomic():
        resource = Resource.objects.select_for_update().select_related("line__order").get(pk=resource.pk)
        require(
            resource.state == ResourceState.READY and resource.secret is not None,
            _("There is no working resource here, so there is no access to show."),
            "not_ready",
        )
        resource.shown_until = timezone.now() + settings.CREDENTIAL_SHOWN_FOR
        resource.save(update_fields=["shown_until"])
        history.record("credentials.viewed", resource.line.order, by=by, line=str(resource.line_id))
        secret = decrypt(resource.secret or b"")
    return resource.endpoint, secret


def _cipher() -> Fernet:
    return cipher(settings.CREDENTIALS_KEY, b"suanli-credentials\0")
