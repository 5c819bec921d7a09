"""Ascend cards as their driver counts them, asked through `npu-smi`.

A card is what `npu-smi` calls an NPU, with all its compute chips. A registered card is the NPU whose board serial it
names (`Serial Number` of `npu-smi info -t board -i <NPU ID>`), or the die id of one of its chips (`VDie ID` or `Die ID`
of the same with `-c <Chip ID>`, groups joined by hyphens).
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from marketplace.site_agent.drivers import Device
from marketplace.site_agent.drivers.makers.tools import output, tool

MAKER = "Ascend"
DEV = Path("/dev")
SHARED = ("davinci_manager", "devmm_svm", "hisi_hdc")
"""Device files that every program needs beside its chips' own."""
PLACES = ("/usr/local/sbin", "/usr/local/bin")
DIE_IDS = ("VDie ID", "Die ID")
NOTHING = ("", "NA", "N/A", "-")


class Chip(NamedTuple):
    npu: str
    chip: str
    number: str
    """Of the device file /dev/davinci<number>."""
    name: str


def count() -> list[Device]:
    """Raises `NotCounted` if the tool is there and does not answer."""
    smi = tool("npu-smi", *PLACES)
    return list(_boards(smi, output([smi, "info", "-m"]))) if smi else []


@lru_cache(maxsize=1)
def _boards(smi: str, mapping: str) -> tuple[Device, ...]:
    """Boards are asked one by one only if the list of chips has changed since the last time."""
    return tuple(_devices(smi, parse_mapping(mapping)))


def _devices(smi: str, chips: list[Chip]) -> Iterator[Device]:
    for npu in dict.fromkeys(chip.npu for chip in chips):
        own = [chip for chip in chips if chip.npu == npu]
        names = []
        for chip in own:
            facts = parse_facts(output([smi, "info", "-t", "board", "-i", npu, "-c", chip.chip]))
            names += ["-".join(facts.get(name, "").split()) for name in DIE_IDS]
        names.append(parse_facts(output([smi, "info", "-t", "board", "-i", npu])).get("Serial Number", ""))
        known = tuple(dict.fromkeys(name for name in names if name not in NOTHING))
        yield Device(MAKER, own[0].name, known, _files([chip.number for chip in own]))


def parse_mapping(text: str) -> list[Chip]:
    """The compute chips of `npu-smi info -m`. Its columns differ between versions; controllers have no number."""
    columns: list[str] = []
    chips = []
    for line in text.splitlines():
        if line.split()[:2] == ["NPU", "ID"]:
            columns = re.split(r"\s{2,}", line.strip())
        elif columns and len(words := line.split(maxsplit=len(columns) - 1)) == len(columns):
            row = dict(zip(columns, words, strict=True))
            number = row.get("Chip Phy-ID", row.get("Chip Logic ID", "-"))
            if number.isdigit():
                chips.append(Chip(row["NPU ID"], row.get("Chip ID", "0"), number, row.get("Chip Name", "").strip()))
    return chips


def parse_facts(text: str) -> dict[str, str]:
    """`Name : value` by line."""
    pairs = [line.partition(" : ") for line in text.splitlines()]
    return {name.strip(): value.strip() for name, colon, value in pairs if colon}


def _files(numbers: list[str]) -> tuple[str, ...]:
    """The chips' own files and the shared ones; empty if one of its own is missing."""
    own = [DEV / f"davinci{number}" for number in numbers]
    if not all(path.exists() for path in own):
        return ()
    return (*map(str, own), *(str(DEV / name) for name in SHARED if (DEV / name).exists()))
