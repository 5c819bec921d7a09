"""The national taxonomy: kinds of accelerator cards, and base models of vendors."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Lower, Upper
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from portal.directory.identifiers.grammar import MODEL_CODE
from portal.web.texts.lines import Line
from portal.web.texts.sources import check_source


def by_language(chinese: str, english: str) -> str:
    return english if (get_language() or "").startswith("en") and english else chinese


def _without(text: Any, pattern: str, instead: str, flags: str = "") -> Func:
    return Func(text, Value(pattern), Value(instead), Value(flags), function="regexp_replace")


def name_key(name: Any) -> Func:
    """Normal form of a card model's name in the database: usual width, no difference of case, blanks, “-” and “_”."""
    usual = Func(name, function="normalize", template="%(function)s(%(expressions)s, NFKC)")
    return Lower(_without(usual, r"[\s_-]+", "", "g"))


class CardModel(models.Model):
    """A kind of accelerator card in the national taxonomy. FP16 figures are dense and never added to FP32."""

    slug = models.SlugField(primary_key=True, max_length=40)
    code = models.GeneratedField(
        expression=Upper(_without(_without(F("slug"), "^(.)[^-]*-", r"\1"), "[^A-Za-z0-9]", "", "g")),
        output_field=models.CharField(max_length=40),
        db_persist=True,
    )
    """In identifiers: the vendor's first letter and the rest, `ascend-910b3` → `A910B3`; never changes."""
    vendor_zh = Line(max_length=40)
    vendor_en = Line(max_length=40)
    name_zh = Line(max_length=60)
    name_en = Line(max_length=60)
    memory_gb = models.PositiveIntegerField(null=True, blank=True)
    fp16_dense_tflops = models.DecimalField(max_digits=8, decimal_places=2, null=True, blank=True)
    interconnect = Line(max_length=40, blank=True)
    form_factor = Line(max_length=40, blank=True)
    card_class = models.CharField(max_length=20)
    k8s_resource = models.CharField(max_length=80, blank=True)
    domestic = models.BooleanField()
    source = models.TextField(blank=True, validators=[check_source])
    basis = models.CharField(max_length=20)

    objects: ClassVar["models.Manager[CardModel]"] = models.Manager()

    class Meta:
        ordering = ["name_en"]
        constraints = [
            models.UniqueConstraint(name="card_model_code_once", fields=["code"]),
            *(
                models.UniqueConstraint(
                    name_key(F(field)),
                    name=f"card_model_{field}_once",
                    violation_error_message=_("The list has a card model of this name already."),
                )
                for field in ("name_zh", "name_en")
            ),
            models.CheckConstraint(
                name="card_model_code_fits_identifiers",
                condition=Q(code__regex=f"^{MODEL_CODE}$"),
                violation_error_message=_("Its code in identifiers must have 2 to 24 letters and digits."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return by_language(self.name_zh, self.name_en)

    @property
    def vendor(self) -> str:
        return by_language(self.vendor_zh, self.vendor_en)


class BaseModel(models.Model):
    """A base or industry model of a vendor, as a catalogue entry."""

    slug = models.SlugField(primary_key=True, max_length=60)
    name_zh = Line(max_length=80)
    name_en = Line(max_length=80)
    vendor_zh = Line(max_length=60)
    vendor_en = Line(max_length=80)
    kind = models.CharField(max_length=20)
    domain = models.CharField(max_length=40)
    modality = models.CharField(max_length=40)
    parameters = Line(max_length=60, blank=True)
    context_tokens = models.PositiveIntegerField(null=True, blank=True)
    price_in = models.DecimalField(max_digits=10, decimal_places=4, null=True, blank=True)
    price_out = models.DecimalField(max_digits=10, decimal_places=4, null=True, blank=True)
    price_as_of = models.CharField(max_length=10, blank=True)
    open_weights = models.BooleanField(null=True)
    filing = Line(max_length=80, blank=True)
    source = models.TextField(blank=True, validators=[check_source])
    basis = models.CharField(max_length=20)

    objects: ClassVar["models.Manager[BaseModel]"] = models.Manager()

    class Meta:
        ordering = ["name_en"]

    def __str__(self) -> str:
        return by_language(self.name_zh, self.name_en)

    @property
    def price_in_u(self) -> int | None:
        """List price in micro-yuan per million tokens read."""
        return None if self.price_in is None else int(self.price_in * 1_000_000)

    @property
    def price_out_u(self) -> int | None:
        """List price in micro-yuan per million tokens written."""
        return None if self.price_out is None else int(self.price_out * 1_000_000)
