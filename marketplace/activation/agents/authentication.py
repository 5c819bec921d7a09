"""Who an agent's request comes from: an Ed25519 signature over method, address with query, key, time, nonce and body.

Only the public key is stored, so nothing here can be used to speak for an agent.
"""

import base64
import binascii
import re
import time
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from marketplace.activation.agents import codes
from marketplace.activation.models import Agent, Nonce
from marketplace.site_agent.signing import signed_bytes
from portal.api import bodies
from tenants.context import in_province
from tenants.models import Province

CLOCK_WINDOW_SECONDS = 300
NONCE_LENGTH = 32
SECONDS = re.compile(r"[0-9]{1,12}")


class AgentUser:
    """The agent as DRF's user: authenticated, and nobody in the portal's own tables."""

    is_authenticated = True
    is_active = True

    def __init__(self, agent: Agent, province: str) -> None:
        self.agent = agent
        self.province = province
        self.pk = agent.key_id


class AgentAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[AgentUser, Agent] | None:
        headers = {
            name: request.headers.get(f"Suanli-{name}", "") for name in ("Key", "Timestamp", "Nonce", "Signature")
        }
        if not headers["Key"]:
            return None
        province = headers["Key"].partition(".")[0]
        if not Province.objects.with_schema().filter(schema_name=province).exists():
            raise AuthenticationFailed(_("No province knows this key. Nothing was done."), "unknown_key")
        with in_province(province):
            agent = Agent.objects.select_related("provider").filter(key_id=headers["Key"], revoked_at=None).first()
            if agent is None:
                raise AuthenticationFailed(_("This key is unknown or revoked. Nothing was done."), "unknown_key")
            _check_time(headers["Timestamp"])
            _check_signature(agent, request, headers)
            _use_nonce(agent, headers["Nonce"])
        return AgentUser(agent, province), agent

    def authenticate_header(self, request: Request) -> str:
        return "Suanli-Signature"


def _check_time(timestamp: str) -> None:
    if not SECONDS.fullmatch(timestamp) or abs(time.time() - int(timestamp)) > CLOCK_WINDOW_SECONDS:
        raise AuthenticationFailed(
            _("The request's time is more than %(seconds)s s from ours: check the agent's clock. Nothing was done.")
            % {"seconds": CLOCK_WINDOW_SECONDS},
            "clock",
        )


def _check_signature(agent: Agent, request: Request, headers: dict[str, str]) -> None:
    django_request: Any = request._request
    message = signed_bytes(
        django_request.method,
        _target(django_request),
        agent.key_id,
        headers["Timestamp"],
        headers["Nonce"],
        bodies.whole(django_request),
    )
    old_works = agent.next_public_key is None or agent.next_key_at is None or _within_overlap(agent.next_key_at)
    if old_works and _signed_by(agent.public_key, headers["Signature"], message):
        return
    if agent.next_public_key is not None and _signed_by(agent.next_public_key, headers["Signature"], message):
        codes.switch_key(agent)
        return
    raise AuthenticationFailed(_("The signature does not fit the request. Nothing was done."), "signature")


def _target(request: HttpRequest) -> str:
    """The path with its query: what is added to a signed address is not signed."""
    query = request.META.get("QUERY_STRING", "")
    return f"{request.path}?{query}" if query else request.path


def _within_overlap(since: datetime) -> bool:
    return timezone.now() < since + codes.OVERLAP


def _signed_by(public_key: bytes | memoryview, signature: str, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(bytes(public_key)).verify(
            base64.b64decode(signature, validate=True), message
        )
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def _use_nonce(agent: Agent, nonce: str) -> None:
    if len(nonce) != NONCE_LENGTH:
        raise AuthenticationFailed(_("The nonce must have 32 characters. Nothing was done."), "nonce")
    try:
        with transaction.atomic():
            Nonce.objects.create(agent=agent, nonce=nonce)
    except IntegrityError:
        raise AuthenticationFailed(
            _("This request was made before: a repeated nonce is refused. Nothing was done."), "replayed"
        ) from None
