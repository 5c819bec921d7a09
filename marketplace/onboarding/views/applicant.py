"""Pages of an organisation that applies to sell in this province. Only its owners come in."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from marketplace.onboarding import trail
from marketplace.onboarding.actions import applying, documents
from marketplace.onboarding.answers.attributes import ATTRIBUTES, BY_SLUG
from marketplace.onboarding.answers.editing import WRITABLE, Section, section_of, sections_of
from marketplace.onboarding.answers.forms import FORMS, AttributeForm, UploadForm
from marketplace.onboarding.models import Answer, Application, Document
from marketplace.onboarding.views import as_download, tone_of
from portal.accounts.models import Organisation
from portal.accounts.permissions import member_may, require_right
from portal.accounts.views.answers import act_and_return, person
from portal.api.throttling import ImportThrottle
from tenants.acts import Refusal

RIGHT = "provider.apply"


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """How far the application is and what is missing; before there is one, what it asks for."""
    if request.membership is None:  # type: ignore[attr-defined]
        return render(request, "onboarding/start.html", {"attributes": ATTRIBUTES})
    organisation = require_right(request, RIGHT).organisation
    application = Application.objects.of(organisation).first()
    if application is None or not _is_shown(application):
        return _start_page(request, organisation, application)
    application.organisation = organisation
    sections = sections_of(application)
    shown = {
        "application": application,
        "tone": tone_of(application.state),
        "sections": sections,
        "missing": [one for one in sections if one.open and one.missing],
        "wrong": [one for one in sections if one.answer.state == "wrong"],
        "may_submit": application.state in WRITABLE,
        "trail": trail.for_applicant(application),
        "objected": application.objections.filter(state="open").exists(),
        "now": timezone.now(),
    }
    return render(request, "onboarding/application.html", shown)


def _is_shown(application: Application) -> bool:
    """Open applications and granted ones; after a refusal or a withdrawal the page offers a new start."""
    return application.is_open or application.state == "approved"


def _start_page(request: HttpRequest, organisation: Organisation, before: Application | None) -> HttpResponse:
    shown = {
        "attributes": ATTRIBUTES,
        "organisation": organisation,
        "before": before,
        "refusal": applying.why_not(organisation),
    }
    return render(request, "onboarding/start.html", shown)


@require_POST
def start(request: HttpRequest) -> HttpResponse:
    organisation = require_right(request, RIGHT).organisation
    return act_and_return(
        request,
        lambda: applying.start_application(organisation, by=person(request)),
        _("Draft begun. Every section is saved by itself; nobody reads it before you submit."),
        "onboarding:apply",
    )


@require_POST
def submit(request: HttpRequest) -> HttpResponse:
    application = _open_application(request)
    return act_and_return(
        request,
        lambda: applying.submit_application(application, by=person(request)),
        _("Submitted. Staff of the province examine it; you get an e-mail when they have decided."),
        "onboarding:apply",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest) -> HttpResponse:
    """Says what withdrawing means, and does it when it is confirmed."""
    application = _open_application(request)
    if request.method != "POST":
        return render(request, "onboarding/withdraw.html", {"application": application})
    return act_and_return(
        request,
        lambda: applying.withdraw_application(application, by=person(request)),
        _("Withdrawn. Your answers are kept for a new application."),
        "onboarding:apply",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def section(request: HttpRequest, attribute: str) -> HttpResponse:
    """One attribute: its fields, its documents, and what staff said."""
    application, answer = _answer(request, attribute)
    sent = request.POST if request.method == "POST" else None
    form = FORMS[attribute](sent, initial=_initial(answer), application=application)
    if request.method == "POST":
        if form.is_valid():
            if request.FILES:
                return upload(request, attribute)  # a file was chosen as well: it is kept and the answers with it
            return act_and_return(
                request,
                lambda: applying.save_answer(answer, form.facts(), by=person(request)),
                _("“%(attribute)s” is saved.") % {"attribute": answer.row.title},
                request.path,
            )
        return _section_page(request, section_of(application, answer), form=form, status=422)
    return _section_page(request, section_of(application, answer), form=form)


@require_POST
def upload(request: HttpRequest, attribute: str) -> HttpResponse:
    application, answer = _answer(request, attribute)
    form = UploadForm(request.POST, request.FILES)
    if not ImportThrottle().allow_request(request, None):
        form.add_error(
            "file", _("Too many files in a short time. Nothing was uploaded. Wait a minute, then try again.")
        )
        return _section_page(request, section_of(application, answer), upload=form, status=429)
    if form.is_valid():
        try:
            documents.add_document(answer, form.cleaned_data["file"], by=person(request))
        except Refusal as refusal:
            form.add_error("file", str(refusal))
        else:
            return _with_what_was_typed(request, application, answer)
    typed = _typed(request, application, answer)
    return _section_page(request, section_of(application, answer), form=typed, upload=form, status=422)


def _with_what_was_typed(request: HttpRequest, application: Application, answer: Answer) -> HttpResponse:
    """After an act on the documents: what was typed is saved if it is complete, else it stays in its fields."""
    sent = FORMS[answer.attribute](request.POST, application=application)
    if not _was_sent(request, sent):
        return redirect("onboarding:section", answer.attribute)
    if sent.is_valid():
        return act_and_return(
            request,
            lambda: applying.save_answer(answer, sent.facts(), by=person(request)),
            _("The documents are up to date, and “%(attribute)s” is saved.") % {"attribute": answer.row.title},
            f"/apply/{answer.attribute}/",
        )
    messages.warning(request, _("The documents are up to date. What you typed stands below and is not saved yet."))
    typed = _typed(request, application, answer)
    return _section_page(request, section_of(application, answer), form=typed)


def _typed(request: HttpRequest, application: Application, answer: Answer) -> AttributeForm | None:
    """The form with what the browser sent beside the file, not judged; None if it sent only the file."""
    sent = FORMS[answer.attribute](request.POST, application=application)
    if not _was_sent(request, sent):
        return None
    initial = {field.name: field.data for field in sent}
    return FORMS[answer.attribute](initial=initial, application=application)


def _was_sent(request: HttpRequest, form: AttributeForm) -> bool:
    return any(name in request.POST for name in form.fields)


@require_safe
def download(request: HttpRequest, document: uuid.UUID) -> HttpResponse:
    return as_download(_document(request, document), person(request))  # type: ignore[return-value]


@require_POST
def remove(request: HttpRequest, document: uuid.UUID) -> HttpResponse:
    found = _document(request, document)
    try:
        documents.remove_document(found, by=person(request))
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("“%(name)s” is removed.") % {"name": found.name})
    return _with_what_was_typed(request, *_answer(request, found.answer.attribute))


def _section_page(
    request: HttpRequest,
    shown: Section,
    *,
    form: AttributeForm | None = None,
    upload: UploadForm | None = None,
    status: int = 200,
) -> HttpResponse:
    application, answer = shown.answer.application, shown.answer
    form = form or FORMS[answer.attribute](initial=_initial(answer), application=application)
    upload = upload or UploadForm()
    if form.fields:  # one form for both, so that an upload carries what was typed
        upload.fields["file"].widget.attrs["form"] = "answers"
    sections = sections_of(application)
    place = [one.attribute.slug for one in sections].index(shown.attribute.slug)
    context = {
        "application": application,
        "tone": tone_of(application.state),
        "sections": sections,
        "section": shown,
        "form": form,
        "upload": upload,
        "following": sections[place + 1].attribute if place + 1 < len(sections) else None,
    }
    return render(request, "onboarding/section.html", context, status=status)


def _initial(answer: Answer) -> dict[str, Any]:
    """What was answered, without the masked number: it is typed anew."""
    kept = dict(answer.facts)
    if answer.attribute == "bank_account":
        kept.pop("number", None)
    return kept


def _open_application(request: HttpRequest) -> Application:
    organisation = require_right(request, RIGHT).organisation
    application = Application.objects.of(organisation).first()
    if application is None:
        raise Http404
    application.organisation = organisation
    return application


def _answer(request: HttpRequest, attribute: str) -> tuple[Application, Answer]:
    application = _open_application(request)
    if attribute not in BY_SLUG:
        raise Http404
    answer = get_object_or_404(application.answers, attribute=attribute)
    answer.application = application
    return application, answer


def _document(request: HttpRequest, pk: uuid.UUID) -> Document:
    """A document of an organisation the person owns: 404 for strangers, 403 for its other members."""
    related = Document.objects.present().select_related("answer__application__organisation")
    mine = {one.organisation_id for one in request.memberships}  # type: ignore[attr-defined]
    found = get_object_or_404(related.filter(answer__application__organisation__in=mine), pk=pk)
    if not member_may(request.user, RIGHT, found.answer.application.organisation):
        raise PermissionDenied(_("Only owners of the organisation open its documents. Nothing was shown."))
    return found
