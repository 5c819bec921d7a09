"""Doors for browsers: ask for the right, call one act, answer."""

from django.http import FileResponse

from marketplace.onboarding.actions import documents
from marketplace.onboarding.models import ApplicationState, Document
from portal.accounts.models import User

TONES = {
    ApplicationState.DRAFT: "wait",
    ApplicationState.SUBMITTED: "run",
    ApplicationState.RETURNED: "wait",
    ApplicationState.NOTICE: "run",
    ApplicationState.APPROVED: "ok",
    ApplicationState.REFUSED: "bad",
    ApplicationState.WITHDRAWN: "off",
}


def tone_of(state: str) -> str:
    return TONES[ApplicationState(state)]


def as_download(document: Document, by: User) -> FileResponse:
    """The content as an attachment that no browser opens by itself and no cache keeps."""
    answer = FileResponse(
        documents.fetch(document, by=by), as_attachment=True, filename=document.name, content_type=document.media_type
    )
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer
