"""Questions to providers: ask about an offer, see questions and answers of both sides, answer."""

import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from portal.accounts import allowance
from portal.accounts.permissions import membership_may, require_right
from portal.checkout.asked import MemberRequest
from portal.checkout.requests import actions
from portal.checkout.requests.forms import AnswerForm, QuestionForm
from portal.checkout.requests.models import Enquiry
from portal.directory.models import OfferIndex
from tenants.acts import Refusal

PER_PAGE = 20
RATE = "20/day"
"""Questions of one person."""


@require_safe
def enquiries(request: MemberRequest) -> HttpResponse:
    """Questions that the acting organisation asked or was asked, newest first."""
    here = request.organisation
    found = Enquiry.objects.visible_to(request.user).filter(Q(organisation=here) | Q(provider=here))
    page = Paginator(found.select_related("organisation", "provider"), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "checkout/enquiries.html", {"page": page})


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: MemberRequest, province: str, slug: str) -> HttpResponse:
    membership = require_right(request, "requests.ask")
    offer = get_object_or_404(OfferIndex.objects.select_related("provider"), province=province, slug=slug)
    form = QuestionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if allowance.spend(f"enquiry:user:{request.user.pk}", RATE) is not None:
            form.add_error(None, _("You have asked many questions today. Nothing was sent. Try again in an hour."))
        else:
            try:
                text = form.cleaned_data["question"]
                enquiry = actions.ask(offer, text, organisation=membership.organisation, by=request.user)
            except Refusal as refusal:
                form.add_error(None, refusal.sentence)
            else:
                messages.success(request, _("Sent. You get an e-mail when the provider has answered."))
                return redirect("checkout:enquiry", enquiry.pk)
    shown = {"form": form, "offer": offer}
    return render(request, "checkout/ask.html", shown, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def enquiry(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Question and answer; the provider's people who may answer find the form below."""
    mine = Enquiry.objects.visible_to(request.user).select_related("organisation", "provider", "asked_by")
    found = get_object_or_404(mine, pk=pk)
    membership = next((one for one in request.memberships if one.organisation_id == found.provider_id), None)
    may_answer = membership_may(membership, "requests.answer")
    if request.method == "POST" and not may_answer:
        sentence = _("Only the provider's owners and approvers answer. Nothing was sent.")
        raise PermissionDenied(sentence) if membership else Refusal(sentence, "not_the_provider")
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.answer(found, form.cleaned_data["answer"], by=request.user)
        except Refusal as refusal:
            form.add_error(None, refusal.sentence)
        else:
            messages.success(request, _("Sent. Who asked gets an e-mail."))
            return redirect("checkout:enquiry", found.pk)
    shown = {"enquiry": found, "form": form if may_answer and found.answered_at is None else None}
    return render(request, "checkout/enquiry.html", shown, status=422 if form.errors else 200)
