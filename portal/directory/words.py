"""What objects, fields and acts of this app are called on pages."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import npgettext_lazy, pgettext_lazy

APP = _("National directory")
OBJECTS = {
    "directory.availability": npgettext_lazy("object", "availability of a pool", "availability of pools"),
    "directory.cardmodelrequest": npgettext_lazy("object", "requested card model", "requested card models"),
    "directory.identifier": npgettext_lazy("object", "identifier", "identifiers"),
    "directory.basemodel": npgettext_lazy("object", "base model", "base models"),
    "directory.cardmodel": npgettext_lazy("object", "card model", "card models"),
    "directory.offerindex": npgettext_lazy("object", "offer in the national index", "national index of offers"),
    "directory.orderindex": npgettext_lazy("object", "order in the national index", "national index of orders"),
}
"""Kinds of objects: one, several."""
OTHER_OBJECTS = {
    "directory.savedsearch": pgettext_lazy("object", "saved search"),
    "directory.stockalert": pgettext_lazy("object", "stock notice"),
}
"""Kinds of objects that acts are recorded of and no right is given for."""
FIELDS = {
    "basis": pgettext_lazy("field", "basis"),
    "card_class": pgettext_lazy("field", "card class"),
    "confirmed_at": pgettext_lazy("field", "last verified at"),
    "context_tokens": pgettext_lazy("field", "context (tokens)"),
    "counted": pgettext_lazy("field", "counted by the driver"),
    "domestic": pgettext_lazy("field", "domestic"),
    "filing": pgettext_lazy("field", "filing"),
    "form_factor": pgettext_lazy("field", "form factor"),
    "fp16_dense_tflops": pgettext_lazy("field", "FP16 dense (TFLOPS)"),
    "free": pgettext_lazy("field", "free"),
    "interconnect": pgettext_lazy("field", "interconnect"),
    "issued_at": pgettext_lazy("field", "issued at"),
    "k8s_resource": pgettext_lazy("field", "Kubernetes resource"),
    "measured_at": pgettext_lazy("field", "measured at"),
    "memory_gb": pgettext_lazy("field", "memory (GB)"),
    "modality": pgettext_lazy("field", "modality"),
    "open_weights": pgettext_lazy("field", "open weights"),
    "parameters": pgettext_lazy("field", "parameters"),
    "pool_mode": pgettext_lazy("field", "mode of the pool"),
    "price_as_of": pgettext_lazy("field", "price as of"),
    "price_in": pgettext_lazy("field", "price in"),
    "price_out": pgettext_lazy("field", "price out"),
    "prices": pgettext_lazy("field", "prices"),
    "provider_code": pgettext_lazy("field", "provider code"),
    "provider_en": pgettext_lazy("field", "provider (English)"),
    "provider_zh": pgettext_lazy("field", "provider (Chinese)"),
    "province_code": pgettext_lazy("field", "province code"),
    "search_sounds": pgettext_lazy("field", "search text in pinyin"),
    "search_text": pgettext_lazy("field", "search text"),
    "sellable": pgettext_lazy("field", "sellable"),
    "site_code": pgettext_lazy("field", "site code"),
    "site_en": pgettext_lazy("field", "site (English)"),
    "site_zh": pgettext_lazy("field", "site (Chinese)"),
    "source": pgettext_lazy("field", "source"),
    "text": pgettext_lazy("field", "text"),
    "updated_at": pgettext_lazy("field", "updated at"),
    "vendor": pgettext_lazy("field", "vendor"),
    "vendor_en": pgettext_lazy("field", "vendor (English)"),
    "vendor_zh": pgettext_lazy("field", "vendor (Chinese)"),
}
ACTS = {
    "alert.cancelled": pgettext_lazy("recorded act", "stock notice cancelled"),
    "alert.expired": pgettext_lazy("recorded act", "stock notice expired"),
    "alert.opened": pgettext_lazy("recorded act", "stock notice asked for"),
    "alert.told": pgettext_lazy("recorded act", "stock notice sent"),
    "card_model.approved": pgettext_lazy("recorded act", "card model approved"),
    "card_model.refused": pgettext_lazy("recorded act", "card model refused"),
    "card_model.requested": pgettext_lazy("recorded act", "card model requested"),
    "identifiers.issued": pgettext_lazy("recorded act", "identifiers issued"),
    "saved_search.added": pgettext_lazy("recorded act", "search saved"),
    "saved_search.changed": pgettext_lazy("recorded act", "saved search changed"),
    "saved_search.forgotten": pgettext_lazy("recorded act", "saved search removed"),
    "saved_search.silenced": pgettext_lazy("recorded act", "e-mails of a saved search ended by their link"),
    "saved_search.told": pgettext_lazy("recorded act", "news of a saved search sent"),
    "taxonomy.imported": pgettext_lazy("recorded act", "imported from a file"),
}
