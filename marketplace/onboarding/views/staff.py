"""The desk of the province's staff: who waits, one application with its checks, and the decisions."""

import uuid
from collections.abc import Callable
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from marketplace.catalog.models import Provider
from marketplace.onboarding import scanner, trail
from marketplace.onboarding.actions import decisions, objections
from marketplace.onboarding.answers import bank
from marketplace.onboarding.answers.attributes import ATTRIBUTES
from marketplace.onboarding.answers.editing import Section, sections_of
from marketplace.onboarding.answers.forms import ReasonForm
from marketplace.onboarding.models import Answer, Application, ApplicationState, Document, Objection, ObjectionState
from marketplace.onboarding.views import as_download, tone_of
from portal.accounts import likeness
from portal.accounts.permissions import CONTACTS, kept_from, may
from portal.accounts.views.answers import act_and_return, chosen, person
from portal.staff.decorators import for_province_staff

LABEL = "onboarding.application"
PER_PAGE = 20
VIEWS = ("waiting", "notice", "returned", "ended")


@require_safe
@for_province_staff("view", LABEL)
def queue(request: HttpRequest) -> HttpResponse:
    """Only what needs somebody, the longest waiting first; the other views are a click away."""
    wanted = request.GET.get("show", "waiting")
    text = request.GET.get("q", "").strip()[:100].replace("\0", "")
    rows = _listed(wanted if wanted in VIEWS else "waiting").select_related("organisation")
    if text:
        rows = rows.filter(Q(organisation__name_zh__icontains=text) | Q(organisation__uscc__icontains=text))
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    page.object_list = list(page.object_list)
    _add_counts(page.object_list)
    shown = {
        "page": page,
        "text": text,
        "wanted": wanted,
        "attributes": len(ATTRIBUTES),
        "counts": {name: _listed(name).count() for name in VIEWS},
        "oldest": Application.objects.awaiting_staff().values_list("submitted_at", flat=True).first(),
        "now": timezone.now(),
    }
    return render(request, "onboarding/staff/queue.html", shown)


def _listed(view: str) -> Any:
    match view:
        case "notice":
            return Application.objects.filter(state=ApplicationState.NOTICE).order_by("notice_ends_at")
        case "returned":
            return Application.objects.filter(state=ApplicationState.RETURNED).order_by("submitted_at")
        case "ended":
            ended = [ApplicationState.APPROVED, ApplicationState.REFUSED, ApplicationState.WITHDRAWN]
            return Application.objects.filter(state__in=ended).exclude(submitted_at=None).order_by("-decided_at")
        case _:
            return Application.objects.awaiting_staff()


def _add_counts(rows: list[Any]) -> None:
    """Give each its tone, the number of checked attributes and of open objections; two queries."""
    pks = [row.pk for row in rows]
    checked = dict(
        Answer.objects.filter(application__in=pks)
        .exclude(state="unchecked")
        .order_by()
        .values_list("application")
        .annotate(Count("pk"))
    )
    open_ones = Objection.objects.filter(application__in=pks, state=ObjectionState.OPEN).order_by()
    objected = dict(open_ones.values_list("application").annotate(Count("pk")))
    for row in rows:
        row.tone = tone_of(row.state)
        row.checked, row.objected = checked.get(row.pk, 0), objected.get(row.pk, 0)


@require_safe
@for_province_staff("view", LABEL)
def case(request: HttpRequest, application: uuid.UUID) -> HttpResponse:
    return _case(request, _application(application))


def _case(request: HttpRequest, application: Application, status: int = 200, **more: Any) -> HttpResponse:
    sections, kept = sections_of(application), kept_from(request.user, LABEL)
    may_here = {verb: may(request.user, verb, LABEL) for verb in ("check", "return", "approve", "refuse", "settle")}
    waiting = application.state == ApplicationState.SUBMITTED
    shown = {
        "application": application,
        "tone": tone_of(application.state),
        "cards": [_card(one, kept, may_here["check"] and waiting, more) for one in sections],
        "wrong": [one for one in sections if one.answer.state == "wrong"],
        "unaccepted": [one for one in sections if one.answer.state != "accepted"],
        "approved_by_me": application.approved_by_id == request.user.pk,
        "checked_by_me": any(one.answer.checked_by_id == request.user.pk for one in sections),
        "waiting": waiting,
        "like": _like(application),
        "may": may_here,
        "objections": [] if CONTACTS in kept else application.objections.select_related("person"),
        "trail": [] if CONTACTS in kept else trail.for_staff(application),
        "scanner": scanner.is_set_up(),
        **more,
    }
    return render(request, "onboarding/staff/case.html", shown, status=status)


def _like(application: Application) -> list[str]:
    """Short names of other providers here that resemble the applicant's."""
    others = Provider.objects.exclude(organisation=application.organisation).values_list("slug", "short_zh")
    short = application.answers.get(attribute="profile").facts.get("short_zh", "")
    known = dict(others)
    return [known[slug] for slug in likeness.like({"": short}, known.items())[""]] if short else []


def _card(section: Section, kept: frozenset[str], checkable: bool, more: dict[str, Any]) -> dict[str, Any]:
    """A section as this officer sees it: what is kept from her role is not there."""
    slug = section.attribute.slug
    wrong_form = more.get("form") if more.get("faulted") == slug else None
    return {
        "section": section,
        "kept": section.attribute.kept in kept,
        "checkable": checkable,
        "form": wrong_form or ReasonForm(auto_id=f"id_{slug}_%s", initial={"reason": section.answer.reason}),
    }


@require_POST
@for_province_staff("check", LABEL)
def check(request: HttpRequest, application: uuid.UUID, attribute: str) -> HttpResponse:
    """`finding` says accepted or wrong; wrong needs a reason."""
    found = _application(application)
    answer = get_object_or_404(found.answers, attribute=attribute)
    answer.application = found
    to = f"/staff/applications/{found.pk}/#{attribute}"
    if chosen(request, "finding", {"accepted": True, "wrong": False}):
        done = _("Accepted: %(attribute)s.") % {"attribute": answer.row.title}
        return act_and_return(request, lambda: decisions.accept_answer(answer, by=person(request)), done, to)
    form = ReasonForm(request.POST, auto_id=f"id_{attribute}_%s")
    if not form.is_valid():
        return _case(request, found, 422, form=form, faulted=attribute)
    done = _("Marked as needing correction: %(attribute)s. The applicant reads it once you return the application.")
    reason = form.cleaned_data["reason"]
    return act_and_return(
        request,
        lambda: decisions.fault_answer(answer, reason=reason, by=person(request)),
        done % {"attribute": answer.row.title},
        to,
    )


@require_POST
@for_province_staff("check", LABEL)
def account(request: HttpRequest, application: uuid.UUID) -> HttpResponse:
    """The page once more with the whole account number; the view is logged."""
    found = _application(application)
    answer = get_object_or_404(found.answers, attribute="bank_account")
    answer.application = found
    return _case(request, found, account_number=bank.show_number(answer, by=person(request)))


@require_POST
@for_province_staff("return", LABEL)
def give_back(request: HttpRequest, application: uuid.UUID) -> HttpResponse:
    found = _application(application)
    done = _("Returned to %(name)s with the reasons; its owners are told by e-mail.") % {
        "name": found.organisation.name
    }
    return act_and_return(
        request, lambda: decisions.return_application(found, by=person(request)), done, "onboarding:queue"
    )


@require_http_methods(["GET", "HEAD", "POST"])
@for_province_staff("approve", LABEL)
def approve(request: HttpRequest, application: uuid.UUID) -> HttpResponse:
    """Says when the notice would end, and begins it when that is confirmed."""
    found = _application(application)
    if request.method != "POST":
        shown = {"application": found, "ends": decisions.notice_end(timezone.now())}
        return render(request, "onboarding/staff/approve.html", shown)
    done = _("%(name)s is on public notice now.") % {"name": found.organisation.name}
    to = f"/staff/applications/{found.pk}/"
    return act_and_return(request, lambda: decisions.approve_application(found, by=person(request)), done, to)


@require_http_methods(["GET", "HEAD", "POST"])
@for_province_staff("refuse", LABEL)
def refuse(request: HttpRequest, application: uuid.UUID) -> HttpResponse:
    found = _application(application)
    done = _("Refused: %(name)s. Its owners are told the reason by e-mail.") % {"name": found.organisation.name}
    return _with_reason(
        request,
        found,
        "onboarding/staff/refuse.html",
        lambda reason: decisions.refuse_application(found, reason=reason, by=person(request)),
        done,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@for_province_staff("settle", LABEL)
def settle(request: HttpRequest, application: uuid.UUID, objection: int) -> HttpResponse:
    """`outcome` says dismissed or upheld; both need a reason."""
    found = _application(application)
    one = get_object_or_404(found.objections.select_related("person"), pk=objection)
    one.application = found
    outcomes = {"dismissed": objections.dismiss_objection, "upheld": objections.uphold_objection}
    act = chosen(request, "outcome", outcomes) if request.method == "POST" else None
    return _with_reason(
        request,
        found,
        "onboarding/staff/settle.html",
        lambda reason: act and act(one, reason=reason, by=person(request)),
        _("Settled; the objector is told by e-mail."),
        objection=one,
    )


def _with_reason(
    request: HttpRequest, found: Application, template: str, act: Callable[[str], Any], done: str, **more: Any
) -> HttpResponse:
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        return act_and_return(request, lambda: act(reason), done, f"/staff/applications/{found.pk}/")
    status = 422 if form.is_bound else 200
    return render(request, template, {"application": found, "form": form, **more}, status=status)


@require_safe
@for_province_staff("view", LABEL)
def download(request: HttpRequest, application: uuid.UUID, document: uuid.UUID) -> HttpResponse:
    """A document, unless its attribute is kept from the person's role."""
    found = _application(application)
    related = Document.objects.present().select_related("answer__application")
    one = get_object_or_404(related.filter(answer__application=found), pk=document)
    if one.answer.row.kept in kept_from(request.user, LABEL):
        raise Http404
    return as_download(one, person(request))  # type: ignore[return-value]


def _application(pk: uuid.UUID) -> Application:
    """One that was submitted once; drafts are nobody's business but the applicant's (404)."""
    submitted = Application.objects.exclude(submitted_at=None).select_related("organisation", "approved_by", "provider")
    return get_object_or_404(submitted, pk=pk)
