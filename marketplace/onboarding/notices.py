"""E-mails about applications: who is told what, after which act."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from marketplace.onboarding.models import Answer, Application, Objection
from portal.accounts import notices
from portal.accounts.permissions import staff_with
from portal.web.wording import BEIJING
from tenants.context import current_province
from tenants.models import Province

LABEL = "onboarding.application"


def tell_applicant(application: Application, notice: str, **facts: Any) -> None:
    notices.tell_owners(application.organisation, notice, **_place(), **facts)


def tell_staff(application: Application, verb: str, notice: str) -> None:
    """Everybody here whose role allows the verb."""
    names: dict[str, Any] = {**notices.names_of(application.organisation)}
    people = staff_with(verb, LABEL, current_province())
    notices.tell(people, notice, application, **names, **_place(), application=str(application.pk))


def tell_objector(objection: Objection, notice: str, *, reason: str) -> None:
    application = objection.application
    names: dict[str, Any] = {**notices.names_of(application.organisation)}
    notices.tell([objection.person], notice, application, **names, **_place(), reason=reason)


def faults_of(answers: Iterable[Answer]) -> list[dict[str, str]]:
    """Attribute and reason of each answer that needs correction; the reason stands in both languages as written."""
    return [{"attribute": one.attribute, "reason": one.reason} for one in answers]


def day(moment: datetime) -> str:
    return moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")


def _place() -> dict[str, Any]:
    province = Province.objects.get(schema_name=current_province())
    return {"place_zh": province.name_zh, "place_en": province.name_en, "province_url": province.url}
