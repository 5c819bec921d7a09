"""Personal data that this app keeps: what for, who sees it, how long; and the free text that is not personal."""

from django.utils.translation import gettext_lazy as _

from tenants.registry import CONSENT, DUTY, Personal, fields_of

PERSONAL = (
    Personal(
        "applications",
        (
            *fields_of("onboarding.application", "started_by approved_by reason"),
            *fields_of("onboarding.answer", "facts secret reason checked_by"),
            *fields_of("onboarding.document", "name finding uploaded_by"),
        ),
        what=_("Applications of providers: who started, checked and decided; documents and reasons"),
        purpose=_("deciding on an application, and answering for the decision"),
        seen_by=_("members of the organisation, operators of the province"),
        kept=_("as long as the provider sells in the province, then the statutory term"),
        ground=DUTY,
    ),
    Personal(
        "objections",
        (*fields_of("onboarding.objection", "person sentence contact answer settled_by"),),
        what=_("Objections to a public notice: who objects, the words, how to reach them"),
        purpose=_("hearing the objection and answering it"),
        seen_by=_("operators of the province"),
        kept=_("as long as the decision it concerns"),
        ground=CONSENT,
    ),
)
NOT_PERSONAL = {
    "words of the act and seals": (*fields_of("onboarding.document", "media_type sha256"),),
}
"""Reason → fields with free text that say nothing about a person."""
