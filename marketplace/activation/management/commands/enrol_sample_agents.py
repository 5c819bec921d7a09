"""Two agents on this machine that serve every sample provider with discrete cards."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from marketplace.activation.agents import actions
from marketplace.activation.agents.reporting import registers
from marketplace.activation.models import Agent
from marketplace.catalog.models import PoolMode, Provider
from marketplace.site_agent import VERSION, enrolments, signing
from tenants.context import in_province
from tenants.models import Province

FOLDERS = ("one", "two")


class Command(BaseCommand):
    help = (
        "Enrol two agents on this machine for the sample providers with discrete cards; repeating it changes nothing."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SAMPLE_WORLD:
            raise CommandError("Sample agents belong to the sample world; SAMPLE_WORLD is off. Nothing was enrolled.")
        portal = f"{settings.PORTAL_SCHEME}://127.0.0.1:{settings.PORTAL_PORT}"
        for folder in FOLDERS:
            _point_at(settings.DATA_DIR / "agents" / folder, portal)
        made = 0
        for place, province in enumerate(Province.objects.open().provinces()):
            state = settings.DATA_DIR / "agents" / FOLDERS[place % len(FOLDERS)]
            with in_province(province):
                made += sum(_enrol(provider, state, portal) for provider in _unserved())
        self.stdout.write(f"{made} providers are served by sample agents from now on.")


def _unserved() -> list[Provider]:
    selling = Provider.objects.filter(sample=True, pools__mode=PoolMode.DISCRETE).distinct()
    return list(selling.exclude(agents__in=Agent.objects.filter(revoked_at=None)))


def _enrol(provider: Provider, state: Path, portal: str) -> bool:
    private_key, public_key = signing.new_key_pair()
    code = actions.create_enrolment_code(provider)
    name = f"{provider.slug} (sample)"
    agent, province = actions.enrol(code, public_key=public_key, name=name, version=VERSION)
    register = registers.register_of(agent).as_sent()
    pools = enrolments.pools_from(register["pools"], {})
    enrolment = enrolments.Enrolment(
        agent.key_id, private_key, province, provider.slug, portal, pools, may_declare=True
    )
    enrolments.save(state, enrolment)
    return True


def _point_at(state: Path, portal: str) -> None:
    """The portal may answer on another port than at the last start; sample cards have no device to be counted by."""
    state.mkdir(parents=True, exist_ok=True)
    for enrolment in enrolments.load_all(state):
        if enrolment.portal != portal or not enrolment.may_declare:
            enrolment.portal, enrolment.may_declare = portal, True
            enrolments.save(state, enrolment)
