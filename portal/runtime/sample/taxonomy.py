"""Card models and base models: real products with their sources, not samples."""

from portal.directory.models import BaseModel, CardModel
from portal.runtime.sample.tables import Row, maybe, number, rows, yes_or_no


def load() -> None:
    """Add the models that are missing; what staff changed since stays."""
    CardModel.objects.bulk_create(map(card_model, rows("card_models")), ignore_conflicts=True)
    BaseModel.objects.bulk_create(map(base_model, rows("base_models")), ignore_conflicts=True)


def card_model(row: Row) -> CardModel:
    return CardModel(
        slug=row["slug"],
        vendor_zh=row["vendor"],
        vendor_en=row["vendor_en"],
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        memory_gb=maybe(row["memory_gb"], int),
        fp16_dense_tflops=number(row["fp16_dense_tflops"]),
        interconnect=row["interconnect"],
        form_factor=row["form_factor"],
        card_class=row["card_class"],
        k8s_resource=row["k8s_resource"],
        domestic=row["domestic"] == "yes",
        source=row["source"],
        basis=row["basis"],
    )


def base_model(row: Row) -> BaseModel:
    return BaseModel(
        slug=row["slug"],
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        vendor_zh=row["vendor_zh"],
        vendor_en=row["vendor_en"],
        kind=row["kind"],
        domain=row["domain"],
        modality=row["modality"],
        parameters=row["parameters"],
        context_tokens=maybe(row["context_tokens"], int),
        price_in=number(row["price_in"]),
        price_out=number(row["price_out"]),
        price_as_of=row["price_as_of"],
        open_weights=yes_or_no(row["open_weights"]),
        filing=row["filing"],
        source=row["source"],
        basis=row["basis"],
    )
