"""System checks of the whole installation; those for production run with `check --deploy`."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register


@register(Tags.security)
def sample_world_stays_on_loopback(app_configs: Any, **more: Any) -> list[CheckMessage]:
    domain = settings.PARENT_DOMAIN
    if settings.SAMPLE_WORLD and domain != "localhost" and not domain.endswith(".localhost"):
        return [
            Error(
                f"SAMPLE_WORLD is on and the portal answers at {domain}: its printed passwords would be public.",
                hint="Set SAMPLE_WORLD=0, or PARENT_DOMAIN to a name ending in .localhost.",
                id="portal.E001",
            )
        ]
    return []


@register(Tags.security, deploy=True)
def ready_for_the_public(app_configs: Any, **more: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if settings.SAMPLE_WORLD:
        found.append(Error("SAMPLE_WORLD is on: anybody can sign in as the sample staff.", id="portal.E002"))
    if settings.PORTAL_SCHEME != "https":
        found.append(Error("PORTAL_SCHEME is not https: passwords would travel in the clear.", id="portal.E003"))
    if settings.CREDENTIALS_KEY == settings.SECRET_KEY:
        found.append(Error("CREDENTIALS_KEY must be a secret of its own.", id="portal.E004"))
    if "filebased" in settings.EMAIL_BACKEND:
        found.append(Warning("Mail is written to files; set EMAIL_URL to send it.", id="portal.W001"))
    if not settings.DATABASE_POOL_SIZE:
        found.append(Warning("Every web thread keeps a connection; set DATABASE_POOL_SIZE.", id="portal.W002"))
    return found
