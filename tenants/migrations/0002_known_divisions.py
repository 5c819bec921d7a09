"""The 31 provincial-level divisions, none of them open yet, and the nation's own province."""

import csv
from pathlib import Path

from django.db import migrations

DIVISIONS = Path(__file__).resolve().parent.parent / "data" / "divisions.csv"


def add(apps, schema_editor):
    Province = apps.get_model("tenants", "Province")
    with DIVISIONS.open(encoding="utf-8") as file:
        Province.objects.bulk_create(
            Province(
                schema_name=row["slug"],
                gb2260=row["gb2260"],
                name_zh=row["name_zh"],
                name_en=row["name_en"],
                short_zh=row["short_zh"],
                region_zh=row["region"],
                region_en=row["region_en"],
                hub_zh=row["hub"],
                grid_row=row["grid_row"],
                grid_col=row["grid_col"],
            )
            for row in csv.DictReader(file)
        )
    Province.objects.create(schema_name="nation", kind="nation", name_zh="国家平台", name_en="Nation", short_zh="国")


def remove(apps, schema_editor):
    apps.get_model("tenants", "Province").objects.filter(state="planned").delete()


class Migration(migrations.Migration):
    dependencies = [("tenants", "0001_initial")]

    operations = [migrations.RunPython(add, remove, elidable=False)]
