"""The application's row on the nation's list of public notices, written in the transaction of the act (I7)."""

from typing import Any

from marketplace.onboarding.models import Application, ApplicationState
from portal.directory.index import actions as directory
from tenants.context import current_province

OUTCOMES = {
    ApplicationState.NOTICE: "running",
    ApplicationState.APPROVED: "approved",
    ApplicationState.REFUSED: "refused",
    ApplicationState.WITHDRAWN: "withdrawn",
}


def facts_of(application: Application) -> dict[str, Any]:
    """What the nation shows of a notice."""
    return {
        "province": current_province(),
        "applicant_zh": application.organisation.name_zh,
        "applicant_en": application.organisation.name_en,
        "began_at": application.notice_began_at,
        "ends_at": application.notice_ends_at,
        "outcome": OUTCOMES[ApplicationState(application.state)],
    }


def update(application: Application) -> None:
    """An application that never was on notice has no row."""
    if application.notice_began_at is not None:
        directory.write_notice(application.pk, **facts_of(application))
