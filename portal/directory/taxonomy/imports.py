"""Card models and base models from a file; django-import-export compares the rows with those that stand."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from import_export.resources import ModelResource
from import_export.results import RowResult
from tablib import Dataset

from portal.accounts.models import User
from portal.directory import cells
from portal.directory.models import BaseModel, CardModel
from portal.staff.tables.imports import Fault, Plan, Row
from portal.web.texts import normal
from tenants import history
from tenants.acts import require

KEYS = ("slug",)


class Taxonomy(ModelResource):
    """Rows are known by their slug; a row that says nothing new is left alone."""

    WIDGETS_MAP: ClassVar = {
        **ModelResource.WIDGETS_MAP,
        "DecimalField": cells.Number,
        "PositiveIntegerField": cells.Whole,
        "BooleanField": cells.YesOrNo,
    }

    def after_save_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
        if kwargs.get("by") is not None:
            history.record("taxonomy.imported", instance, by=kwargs["by"])


class CardModels(Taxonomy):
    class Meta:
        model = CardModel
        exclude = ("code",)  # made from the slug by the database
        import_id_fields = KEYS
        clean_model_instances = True
        skip_unchanged = True
        report_skipped = True
        use_transactions = False


class BaseModels(Taxonomy):
    class Meta:
        model = BaseModel
        import_id_fields = KEYS
        clean_model_instances = True
        skip_unchanged = True
        report_skipped = True
        use_transactions = False


def columns_of(resource: type[ModelResource]) -> list[str]:
    return list(resource.fields)


def plan(resource: type[ModelResource], rows: list[Row]) -> Plan:
    """What the rows would do, in a transaction that is rolled back."""
    if unreadable := _unreadable(resource(), rows):
        return Plan(faults=unreadable)
    with transaction.atomic():
        result = resource().import_data(_table(rows), dry_run=False, use_transactions=False, raise_errors=False)
        transaction.set_rollback(True)
    place = [0, *(row.number for row in rows)]
    faults = [fault for one in result.invalid_rows for fault in _faults(place[one.number], one)]
    for number, errors in result.row_errors():
        faults += [Fault(place[number], "", str(one.error)) for one in errors]
    counted = result.totals
    new, changed = counted[RowResult.IMPORT_TYPE_NEW], counted[RowResult.IMPORT_TYPE_UPDATE]
    return Plan(new, changed, counted[RowResult.IMPORT_TYPE_SKIP], sorted(faults, key=lambda one: one.row))


@transaction.atomic
def take(resource: type[ModelResource], rows: list[Row], *, by: User) -> None:
    """Add and change the rows, each with its line in history. Raises `Refusal` and changes nothing if one is wrong."""
    result = resource().import_data(_table(rows), dry_run=False, use_transactions=False, raise_errors=False, by=by)
    require(
        not result.has_errors() and not result.has_validation_errors(),
        _("The file has a fault now that it had not before. Nothing was imported."),
        "faults",
    )


def _unreadable(resource: ModelResource, rows: list[Row]) -> list[Fault]:
    """Cells that are no value of their column; without them a fault would name its row only."""
    found = []
    for row in rows:
        for name, field in resource.fields.items():
            try:
                field.clean(row.cells)
            except ValueError:
                said = getattr(field.widget, "refusal", None) or _("This is not a value this column can hold.")
                found.append(Fault(row.number, name, str(said), row.cells[name]))
    return found


def _table(rows: list[Row]) -> Dataset:
    names = list(rows[0].cells)
    table = Dataset(headers=names)
    for row in rows:
        table.append([normal.text(row.cells[name]) if name in KEYS else row.cells[name] for name in names])
    return table


def _faults(number: int, invalid: Any) -> list[Fault]:
    found = []
    for column, sentences in invalid.error.message_dict.items() if _by_field(invalid.error) else ():
        found += [Fault(number, "" if column == "__all__" else column, str(one)) for one in sentences]
    return found or [Fault(number, "", "; ".join(invalid.error.messages))]


def _by_field(error: ValidationError) -> bool:
    return hasattr(error, "error_dict")
