"""Personal data that this app keeps: what for, who sees it, how long; and the free text that is not personal."""

from django.utils.translation import gettext_lazy as _

from tenants.registry import DUTY, Personal, fields_of

PERSONAL = (
    Personal(
        "history",
        (*fields_of("history.record", "actor_id facts subject_id"),),
        what=_("History: the number of who did what and when"),
        purpose=_("proof of every act; it holds numbers of people, never names or addresses"),
        seen_by=_("staff whose role reads history; the organisation in its own export"),
        kept=_("as long as what it proves"),
        ground=DUTY,
    ),
)
NOT_PERSONAL = {
    "words of the act and seals": (
        *fields_of("history.record", "act subject_type request_id"),
        *fields_of("history.seal", "root previous hash"),
        *fields_of("history.sealedrow", "digest"),
        *fields_of("history.anchor", "province hash"),
    ),
}
"""Reason → fields with free text that say nothing about a person."""
