"""Personal data that this app keeps: what for, who sees it, how long; and the free text that is not personal."""

from tenants.registry import Personal, fields_of

PERSONAL = (Personal("bookings", (*fields_of("activation.enrolmentcode", "created_by"),)),)
NOT_PERSONAL = {
    "about a program or a key": (
        *fields_of("activation.agent", "key_id name public_key version health"),
        *fields_of("activation.enrolmentcode", "code_hash"),
        *fields_of("activation.nonce", "nonce"),
    ),
    "about a machine": (
        *fields_of("activation.capacityreport", "faulty refused missing counting"),
        *fields_of("activation.refusedrows", "code sentence"),
        *fields_of("activation.command", "answer step"),
        *fields_of("activation.resource", "kind endpoint secret serials failure_code failure"),
    ),
    "about what an agent said of its health, and its next key": (
        *fields_of("activation.agent", "next_public_key health_code health_facts"),
    ),
}
"""Reason → fields with free text that say nothing about a person."""
