"""The parts of ARCHITECTURE.md that follow from the code: the layers and the state machines."""

import tomllib
from pathlib import Path

from django.apps import apps
from django.conf import settings

from tenants.acts import Moves

FILE: Path = settings.BASE_DIR / "ARCHITECTURE.md"


def written(text: str) -> str:
    """The text with each drawn part as the code is now. Raises ValueError where a mark is missing."""
    for name, drawn in (("layers", layers()), ("machines", machines())):
        begin, end = f"<!-- {name}: `manage.py architecture` writes this -->", f"<!-- end of {name} -->"
        before, found, rest = text.partition(begin)
        _old, closed, after = rest.partition(end)
        if not found or not closed:
            raise ValueError(f"ARCHITECTURE.md has no marks for {name}.")
        text = f"{before}{begin}\n{drawn}\n{end}{after}"
    return text


def layers() -> str:
    """One line for each layer of the import contract, the highest first."""
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())
    contract = project["tool"]["importlinter"]["contracts"][0]
    return "\n".join(["```", *contract["layers"], "```"])


def machines() -> str:
    """A table for each model with states: from where, to where. A state that nothing leads out of is final."""
    models = [model for model in apps.get_models() if issubclass(model, Moves)]
    parts = []
    for model in sorted(models, key=lambda one: one._meta.label):
        rows = [f"| {source} | {', '.join(sorted(targets)) or '–'} |" for source, targets in model.moves.table.items()]
        parts.append("\n".join([f"### {model._meta.label}", "", "| From | To |", "|---|---|", *rows, ""]))
    return "\n".join(parts).rstrip()
