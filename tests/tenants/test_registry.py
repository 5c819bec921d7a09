"""A small app in a folder of its own takes part everywhere, and no file of the portal knows it."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.copies import Copy
from tests.database import PROJECT

APP = {
    "models.py": """
        from django.conf import settings
        from django.db import models

        class Bay(models.Model):
            engineer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
            tyre_pressure = models.IntegerField(default=0)
            remark = models.TextField(default="")

            class Meta:
                app_label = "workshop"
    """,
    "rights.py": """
        from tenants.registry import MemberRight, Withheld, rights_on

        RIGHTS = rights_on("workshop.bay", operator="view repair", regulator="view")
        WITHHELD = (Withheld("buyers", "workshop.bay", ("engineer",)),)
        MEMBER_RIGHTS = (MemberRight("bays.rent", ("owner",)),)
    """,
    "words.py": """
        from django.utils.translation import npgettext_lazy

        APP = "Workshop"
        OBJECTS = {"workshop.bay": npgettext_lazy("object", "bay", "bays")}
        FIELDS = {"tyre_pressure": "tyre pressure"}
        VERBS = {"repair": "repair"}
        ACTS = {"bay.repaired": "bay repaired"}
        MEMBER_ACTS = {"bays.rent": "rent bays"}
    """,
    "queues.py": """
        from portal.staff import desk

        QUEUES = [desk.Queue("bays", "Bays", "repair", "workshop.bay", "", "", lambda: "/bays/",
                             lambda user: desk.listed([]), national=True)]
    """,
    "invariants.py": """
        def findings():
            yield "a bay is upside down"
    """,
    "retention.py": """
        from tenants.registry import CONSENT, Personal, fields_of

        PERSONAL = (Personal("bays", fields_of("workshop.bay", "engineer"), what="Bays", ground=CONSENT),)
        NOT_PERSONAL = {"about a bay": fields_of("workshop.bay", "remark")}
    """,
    "portability.py": """
        from portal.privacy.portability import Table
        from portal.workshop.models import Bay

        def tables(organisation):
            yield Table("bays", Bay.objects.all(), ("tyre_pressure",))
    """,
    "provinces.py": """
        def reasons_against_closing(province):
            yield f"A bay of {province.slug} is in use."
    """,
    "checklist.py": """
        from portal.accounts.checklist import WAIT, Step

        def step(organisation):
            return Step("Rent a bay", WAIT)
    """,
    "obstacles.py": """
        def reason(organisation):
            return "A bay is rented."
    """,
}
SETTINGS = """
import portal
portal.__path__.append({folder!r})
from portal.settings import *
INSTALLED_APPS = [*INSTALLED_APPS, "portal.workshop"]
SHARED_APPS = [*SHARED_APPS, "portal.workshop"]
"""
LOOK = """
import io, json, zipfile
import django
django.setup()
from django.db import connection, transaction
from django.conf import settings
from django.urls import set_urlconf
from django.utils.translation import override
from portal.accounts import checklist, permissions
from portal.privacy import portability, register
from portal.runtime import doctor
from portal.staff import desk, history_words, vocabulary
from portal.workshop.models import Bay
from tenants import actions, registry
from tenants.acts import Refusal
from tests.portal.accounts.people import organisation, person, staff

set_urlconf(settings.PUBLIC_SCHEMA_URLCONF)
with override("en"), transaction.atomic():
    with connection.schema_editor() as editor:
        editor.create_model(Bay)
    operator, owner = staff("olga"), person("anna")
    company = organisation("Acme", owner)
    seen = dict(
        may=[permissions.may(operator, verb, "workshop.bay") for verb in ("repair", "sell")],
        hidden=sorted(permissions.withheld()["buyers"]["workshop.bay"]),
        member=[permissions.member_may(owner, "bays.rent", company)],
        word=str(vocabulary.one("workshop.bay")),
        field=vocabulary.words("FIELDS")["tyre_pressure"],
        act=history_words.act_word("bay.repaired"),
        queue=[line.queue.name for line in desk.lines_for(operator) if line.queue.name == "bays"],
        doctor=[one.findings for one in doctor.examine() if one.name.endswith("workshop")],
        line=[line.what for line in register.lines() if line.what == "Bays"],
        unclassified=list(register.open_fields()),
        steps=[step.title for step in checklist.steps_of(company)][-1],
        obstacles=[reason(company) for reason in registry.functions("obstacles", "reason")][-1],
    )
    with portability.written(company) as file:
        seen["export"] = [name for name in zipfile.ZipFile(io.BytesIO(file.read())).namelist() if "bays" in name]
    try:
        actions.suspend_province("shanxi")
        actions.close_province("shanxi")
    except Refusal as refusal:
        seen["closing"] = str(refusal)
    transaction.set_rollback(True)
print(json.dumps(seen))
"""


def test_a_small_app_takes_part_everywhere(race_database: Copy, tmp_path: Path):
    folder = tmp_path / "workshop"
    folder.mkdir()
    (folder / "__init__.py").touch()
    for name, text in APP.items():
        (folder / name).write_text("\n".join(line[8:] for line in text.splitlines()) + "\n")
    (tmp_path / "workshop_settings.py").write_text(SETTINGS.format(folder=str(tmp_path)))
    environment = os.environ | {
        "DATABASE_URL": race_database.url,
        "DJANGO_SETTINGS_MODULE": "workshop_settings",
        "PYTHONPATH": f"{tmp_path}{os.pathsep}{PROJECT}",
    }
    looked = subprocess.run([sys.executable, "-c", LOOK], cwd=PROJECT, env=environment, capture_output=True, text=True)
    assert looked.returncode == 0, looked.stderr
    seen = json.loads(looked.stdout.splitlines()[-1])
    assert "A bay of shanxi is in use." in seen.pop("closing")
    assert seen == {
        "may": [True, False],
        "hidden": ["engineer"],
        "member": [True],
        "word": "bay",
        "field": "tyre pressure",
        "act": "bay repaired",
        "queue": ["bays"],
        "doctor": [["a bay is upside down"]],
        "line": ["Bays"],
        "unclassified": [],
        "steps": "Rent a bay",
        "obstacles": "A bay is rented.",
        "export": ["bays.csv", "bays.json"],
    }
