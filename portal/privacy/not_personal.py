"""Free text that is about things and organisations, with the reason; and the walk that finds what nobody classified."""

from collections.abc import Iterator

from django.apps import apps
from django.contrib.postgres.fields import ArrayField, RangeField
from django.db import models

from portal.accounts.models import User
from portal.privacy.register import ABOUT_PEOPLE, registered

PLAIN = (
    models.BooleanField,
    models.IntegerField,
    models.DecimalField,
    models.FloatField,
    models.DateField,
    models.TimeField,
    models.UUIDField,
    RangeField,
)
"""Numbers, times and keys say nothing of a person unless the model is about people (DateField covers date and time)."""

NOT_PERSONAL: dict[str, tuple[str, ...]] = {
    "framework: names of models, rights and hosts": (
        *("contenttypes.contenttype.app_label", "contenttypes.contenttype.model", "auth.permission.name"),
        *("auth.permission.codename", "auth.group.name", "tenants.domain.domain"),
    ),
    "framework: a table nobody writes to (acts go to history)": (
        *("admin.logentry.object_id", "admin.logentry.object_repr", "admin.logentry.change_message"),
    ),
    "marks of the sample world and rights nobody uses": (
        *("accounts.user.sample", "accounts.user.is_superuser", "accounts.user.is_staff"),
    ),
    "about a division": (
        *("tenants.province.schema_name", "tenants.province.gb2260", "tenants.province.name_zh"),
        *("tenants.province.name_en", "tenants.province.short_zh", "tenants.province.region_zh"),
        *("tenants.province.region_en", "tenants.province.hub_zh", "tenants.province.migration_failure"),
        "tenants.province.workspace_networks",
    ),
    "about an organisation": (
        *("accounts.organisation.uscc", "accounts.organisation.name_zh", "accounts.organisation.name_en"),
        *(
            "accounts.organisation.province",
            "accounts.organisation.rejection_reason",
            "accounts.organisation.suspension_reason",
        ),
        *("catalog.provider.slug", "catalog.provider.short_zh", "catalog.provider.kind"),
        *("directory.noticeindex.province", "directory.noticeindex.applicant_zh"),
        "directory.noticeindex.applicant_en",
    ),
    "about a program or a key": (
        *("accounts.apikey.name", "accounts.apikey.prefix", "accounts.apikey.secret_hash", "accounts.apikey.scopes"),
        *("accounts.idempotentanswer.key", "accounts.idempotentanswer.request_hash"),
        *("activation.agent.key_id", "activation.agent.name", "activation.agent.public_key"),
        *("activation.agent.version", "activation.agent.health", "activation.enrolmentcode.code_hash"),
        "activation.nonce.nonce",
    ),
    "about goods, places and prices": (
        *(f"directory.identifier.{name}" for name in ("text", "province", "province_code", "kind", "site_code")),
        *(f"directory.identifier.{name}" for name in ("site_zh", "site_en", "city_zh", "city_en")),
        *(f"directory.cardmodel.{name}" for name in ("slug", "code", "vendor_zh", "vendor_en", "name_zh", "name_en")),
        *(f"directory.cardmodel.{name}" for name in ("interconnect", "form_factor", "card_class", "k8s_resource")),
        *(f"directory.cardmodelrequest.{name}" for name in ("vendor", "name", "source", "reason")),
        *("directory.cardmodel.source", "directory.cardmodel.basis"),
        *(f"directory.basemodel.{name}" for name in ("slug", "name_zh", "name_en", "vendor_zh", "vendor_en", "kind")),
        *(f"directory.basemodel.{name}" for name in ("domain", "modality", "parameters", "price_as_of", "filing")),
        *("directory.basemodel.source", "directory.basemodel.basis", "directory.availability.province"),
        *(f"directory.offerindex.{name}" for name in ("province", "slug", "provider_zh", "provider_en", "name_zh")),
        *(f"directory.offerindex.{name}" for name in ("name_en", "summary_zh", "summary_en", "pool_mode", "network")),
        *(f"directory.offerindex.{name}" for name in ("site_zh", "site_en", "city_zh", "city_en", "prices")),
        "directory.offerindex.search_text",
        *(f"catalog.site.{name}" for name in ("slug", "name_zh", "name_en", "city_zh", "city_en")),
        *("catalog.pool.slug", "catalog.pool.network", "catalog.card.serial", "catalog.card.node"),
        *(f"catalog.offer.{name}" for name in ("slug", "name_zh", "name_en", "summary_zh", "summary_en", "sku")),
        *(f"catalog.tableupload.{name}" for name in ("kind", "name", "data", "sha256")),
    ),
    "about a trade, by number": (
        *("directory.orderindex.province", "directory.orderindex.number", "directory.orderindex.state"),
        *(f"checkout.quote.{name}" for name in ("number", "constraints", "lines", "left_out", "alternatives")),
        *("checkout.purchase.number", "orders.order.number", "orders.order.failure_code"),
        *("orders.maintenancewindow.reason", "orders.lendingwindow.weekdays"),
        *("ledger.account.province", "ledger.transaction.reference", "ledger.reservation.province"),
        *("ledger.topup.bank_reference", "ledger.topup.reference_key", "ledger.topup.reversal_reason"),
    ),
    "about a machine": (
        *("activation.capacityreport.faulty", "activation.capacityreport.refused", "activation.refusedrows.code"),
        *("activation.capacityreport.missing", "activation.capacityreport.counting"),
        *("activation.refusedrows.sentence", "activation.command.answer", "activation.command.step"),
        *(f"activation.resource.{name}" for name in ("kind", "endpoint", "secret", "serials", "failure_code")),
        "activation.resource.failure",
    ),
    "about what an agent said of its health, and its next key": (
        *("activation.agent.next_public_key", "activation.agent.health_code", "activation.agent.health_facts"),
        "directory.activationrecord.province",
    ),
    "about a file or a link": (
        *("accounts.dataexport.sha256", "overview.linkcheck.province", "overview.linkcheck.refused_reasons"),
        *("overview.linkcheck.seal_hash", "overview.linkcheck.fault", "overview.linkcheck.watching"),
        *("overview.provinceclosing.province", "overview.provinceclosing.reason"),
        *("overview.alarm.province", "overview.alarm.subject", "overview.alarm.name", "overview.alarm.facts"),
    ),
    "words of the act and seals": (
        *("history.record.act", "history.record.subject_type", "history.record.request_id", "outbox.letter.topic"),
        *("history.seal.root", "history.seal.previous", "history.seal.hash", "history.sealedrow.digest"),
        *("history.anchor.province", "history.anchor.hash"),
        *("onboarding.document.media_type", "onboarding.document.sha256"),
    ),
}
"""Reason → fields."""


def open_fields() -> Iterator[str]:
    """`app.model.field` of every field that neither the register nor a rule answers for."""
    named = set(registered()) | {field for fields in NOT_PERSONAL.values() for field in fields}
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.local_fields:
            label = f"{model._meta.label_lower}.{field.name}"
            if label not in named and not _plain(model, field):
                yield label


def stale_fields() -> set[str]:
    """Named in the register or the rules, but in no model any more."""
    models_here = apps.get_models(include_auto_created=True)
    known = {f"{one._meta.label_lower}.{field.name}" for one in models_here for field in one._meta.local_fields}
    named = set(registered()) | {field for fields in NOT_PERSONAL.values() for field in fields}
    return named - known


def _plain(model: type[models.Model], field: "models.Field[object, object]") -> bool:
    """Not personal by its kind alone."""
    if model._meta.label_lower in ABOUT_PEOPLE:
        return False
    if field.is_relation:
        return field.related_model is not User
    if isinstance(field, ArrayField):
        return False
    return bool(field.choices) or isinstance(field, PLAIN)
