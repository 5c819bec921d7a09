"""The shape of the code: one theme a room, imports without circles, states moved by actions only."""

import ast
import re
import subprocess
from collections import Counter
from pathlib import Path

import grimp

from tests.database import PROJECT

ROOMS = ("portal", "tenants", "marketplace")
MOST_MODULES = 15
ROOMY = {
    "portal/accounts": "eight of them say what the app contributes or are names that Django knows",
    "portal/checkout": "seven of them say what the app contributes or are names that Django knows",
    "portal/ledger": "nine of them say what the app contributes",
    "portal/overview": "six of them say what the app contributes or are names that Django knows",
    "marketplace/catalog": "nine of them say what the app contributes or are names that Django knows",
    "marketplace/onboarding": "seven of them say what the app contributes",
    "marketplace/orders": "eight of them say what the app contributes or are names that Django knows",
    "marketplace/site_agent": "a program of its own: its parts beside `drivers/`",
    "tenants": "four of them say what the app contributes or are names that Django knows",
}
"""Packages with more modules, with the reason."""


def sources() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=PROJECT, capture_output=True, text=True
    )
    return [PROJECT / name for name in listed.stdout.splitlines() if (PROJECT / name).is_file()]


def python_of_the_portal() -> list[Path]:
    return [
        path
        for path in sources()
        if path.suffix == ".py" and path.relative_to(PROJECT).parts[0] in ROOMS and "migrations" not in path.parts
    ]


def test_a_room_has_at_most_fifteen_modules_or_a_reason():
    counted = Counter(str(path.parent.relative_to(PROJECT)) for path in python_of_the_portal())
    assert {room for room, modules in counted.items() if modules > MOST_MODULES} == set(ROOMY)


def test_no_modules_import_each_other_in_a_circle():
    graph = grimp.build_graph(*ROOMS, exclude_type_checking_imports=True)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    while leaves := {module for module, others in imports.items() if not others & imports.keys()}:
        imports = {module: others for module, others in imports.items() if module not in leaves}
    assert sorted(imports) == []


def test_only_actions_move_a_state():
    elsewhere = [
        str(path.relative_to(PROJECT))
        for path in python_of_the_portal()
        if not {"actions", "actions.py"} & set(path.relative_to(PROJECT).parts)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "move_to"
    ]
    assert elsewhere == []


def test_every_document_that_code_refers_to_is_in_the_repository():
    known = {path.name for path in sources()}
    refers = re.compile(r"\b[\w./-]+\.md\b")
    missing = {
        f"{path.relative_to(PROJECT)}: {name}"
        for path in sources()
        if path.suffix in {".py", ".html", ".css", ".js", ".toml", ".txt", ".md"}
        for name in refers.findall(path.read_text())
        if Path(name).name not in known
    }
    assert sorted(missing) == []
