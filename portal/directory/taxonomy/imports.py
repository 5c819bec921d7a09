"""Card models and base models from a CSV file; django-import-export reads the cells and compares the rows."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from import_export.resources import ModelResource
from import_export.results import RowResult
from tablib import Dataset

from portal.accounts.models import User
from portal.directory.models import BaseModel, CardModel
from portal.staff.tables.imports import Fault, Plan
from tenants import history
from tenants.acts import require


class Taxonomy(ModelResource):
    """Rows are known by their slug; a row that says nothing new is left alone."""

    def after_save_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
        if kwargs.get("by") is not None:
            history.record("taxonomy.imported", instance, by=kwargs["by"])


class CardModels(Taxonomy):
    class Meta:
        model = CardModel
        exclude = ("code",)  # made from the slug by the database
        import_id_fields = ("slug",)
        clean_model_instances = True
        skip_unchanged = True
        report_skipped = True
        use_transactions = False


class BaseModels(Taxonomy):
    class Meta:
        model = BaseModel
        import_id_fields = ("slug",)
        clean_model_instances = True
        skip_unchanged = True
        report_skipped = True
        use_transactions = False


def columns_of(resource: type[ModelResource]) -> list[str]:
    return list(resource.fields)


def plan(resource: type[ModelResource], rows: list[dict[str, str]]) -> Plan:
    """What the rows would do, in a transaction that is rolled back."""
    if unreadable := _unreadable(resource(), rows):
        return Plan(faults=unreadable)
    with transaction.atomic():
        result = resource().import_data(_table(rows), dry_run=False, use_transactions=False, raise_errors=False)
        transaction.set_rollback(True)
    faults = [fault for number, invalid in _invalid(result) for fault in _faults(number, invalid)]
    for number, errors in result.row_errors():
        faults += [Fault(number + 1, "", str(one.error)) for one in errors]
    counted = result.totals
    new, changed = counted[RowResult.IMPORT_TYPE_NEW], counted[RowResult.IMPORT_TYPE_UPDATE]
    return Plan(new, changed, counted[RowResult.IMPORT_TYPE_SKIP], sorted(faults, key=lambda one: one.row))


@transaction.atomic
def take(resource: type[ModelResource], rows: list[dict[str, str]], *, by: User) -> None:
    """Add and change the rows, each with its line in history. Raises `Refusal` and changes nothing if one is wrong."""
    result = resource().import_data(_table(rows), dry_run=False, use_transactions=False, raise_errors=False, by=by)
    require(
        not result.has_errors() and not result.has_validation_errors(),
        _("The file has a fault now that it had not before. Nothing was imported."),
        "faults",
    )


def _unreadable(resource: ModelResource, rows: list[dict[str, str]]) -> list[Fault]:
    """Cells that are no value of their column; without them a fault would name its row only."""
    found = []
    for number, row in enumerate(rows, 2):
        for name, field in resource.fields.items():
            try:
                field.clean(row)
            except (ValueError, ArithmeticError):
                sentence = _("“%(value)s” is not a value this column can hold.")
                found.append(Fault(number, name, sentence % {"value": row[name]}))
    return found


def _table(rows: list[dict[str, str]]) -> Dataset:
    table = Dataset(headers=list(rows[0]))
    for row in rows:
        table.append(list(row.values()))
    return table


def _invalid(result: Any) -> Any:
    return [(one.number, one) for one in result.invalid_rows]


def _faults(number: int, invalid: Any) -> list[Fault]:
    found = []
    for column, sentences in invalid.error.message_dict.items() if _by_field(invalid.error) else ():
        found += [Fault(number + 1, "" if column == "__all__" else column, str(one)) for one in sentences]
    return found or [Fault(number + 1, "", "; ".join(invalid.error.messages))]


def _by_field(error: ValidationError) -> bool:
    return hasattr(error, "error_dict")
