"""Applications for tests: complete answers, a small PDF, and staff of Shanxi with two pairs of eyes."""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from marketplace.onboarding.actions import applying, decisions, documents
from marketplace.onboarding.answers.attributes import ATTRIBUTES
from marketplace.onboarding.models import Answer, Application
from portal.accounts.models import Organisation, User

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
FACTS: dict[str, dict[str, Any]] = {
    "profile": {"short_zh": "晋云算力", "slug": "jinyun", "kind": "cloud"},
    "business_licence": {"valid_until": "2040-12-31", "permanent": False},
    "telecom_licence": {"number": "B1-20231234", "valid_until": "2030-12-31"},
    "data_centre": {"name": "云冈数据中心", "address": "大同市平城区", "tenure": "own", "racks": 40},
    "service": {"categories": ["intelligent"], "region": "nation", "note": ""},
    "security_filing": {"level": "3", "number": "14020243001-00001"},
    "contact": {"name": "值班员甲", "phone": "0352-1234567", "email": "duty@example.test"},
    "bank_account": {"bank": "中国银行大同分行", "number": "6222020200112233445"},
}


def pdf(name: str = "scan.pdf", mark: str = "") -> SimpleUploadedFile:
    """A PDF; another mark is another content."""
    return SimpleUploadedFile(name, PDF + mark.encode(), content_type="application/pdf")


def answer(application: Application, attribute: str) -> Answer:
    return application.answers.select_related("application__organisation").get(attribute=attribute)


def draft(organisation: Organisation, by: User) -> Application:
    """Complete, not yet submitted; in the province of the connection."""
    application = applying.start_application(organisation, by=by)
    for attribute, facts in FACTS.items():
        applying.save_answer(answer(application, attribute), facts, by=by)
    for row in ATTRIBUTES:
        if row.must_prove:
            documents.add_document(answer(application, row.slug), pdf(f"{row.slug}.pdf", row.slug), by=by)
    return application


def submitted(organisation: Organisation, by: User) -> Application:
    return applying.submit_application(draft(organisation, by), by=by)


def accepted(application: Application, by: User) -> Application:
    """Every attribute accepted by one officer."""
    for row in ATTRIBUTES:
        decisions.accept_answer(answer(application, row.slug), by=by)
    return application


def noticed(organisation: Organisation, owner: User, checker: User, approver: User) -> Application:
    return decisions.approve_application(accepted(submitted(organisation, owner), checker), by=approver)
