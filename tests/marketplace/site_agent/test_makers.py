"""What the makers' tools print, as their documentation and public logs record it, becomes the cards that are there."""

from pathlib import Path

import pytest

from marketplace.site_agent.drivers import Device, makers
from marketplace.site_agent.drivers.makers import ascend, nvidia, tools

NVIDIA_SMI = """\
0, GPU-1a2b3c4d-aaaa-bbbb-cccc-1234567890ab, 1612123001231, 00000000:07:00.0, NVIDIA A100-SXM4-80GB
1, GPU-2b3c4d5d-bbbb-cccc-dddd-234567890abc, 1612123001232, 00000000:0F:00.0, NVIDIA A100-SXM4-80GB
2, GPU-089608fe-cba5-4711-bf68-085fd0711d8c, [N/A], 00000000:C1:00.0, NVIDIA GeForce RTX 4090
3, GPU-e189fb8d-1627-f8f0-2ba3-c0585a8e9e85, 0, 00000000:C2:00.0, NVIDIA, Limited
"""
NO_NVIDIA = "No devices were found\n"
MAPPING_A2 = """\
        NPU ID                         Chip ID                        Chip Logic ID                  Chip Name
        0                              0                              0                              Ascend 910B
        0                              1                              -                              Mcu
        4                              0                              1                              Ascend 910B
        4                              1                              -                              Mcu
"""
MAPPING_A3 = """\
    NPU ID       Chip ID      Chip Logic ID     Chip Phy-ID     Chip Name
    0            0            0                 8               Ascend910
    0            1            1                 9               Ascend910
    0            2            -                 -               Mcu
"""
MAPPING_950 = """\
    NPU ID       Slot ID      Chip ID       Chip Phy-ID     Chip Name
    0            1            0             0               Ascend950PR
"""
BOARD = """\
        NPU ID                         : {npu}
        Product Name                   : IT21HMDB02-B2
        Model                          : NA
        Manufacturer                   : Huawei
        Serial Number                  : {serial}
        Software Version               : 25.5.2
        Firmware Version               : 7.8.0.7.220
        Compatibility                  : OK
        Board ID                       : 0x65
        PCB ID                         : A
        BOM ID                         : 1
        PCIe Bus Info                  : 0000:66:00.0
        Slot ID                        : 0
        Class ID                       : NA
        PCI Vendor ID                  : 0x19E5
        PCI Device ID                  : 0xD802
        Chip Count                     : 1
"""
CHIP = """\
        NPU ID                         : {npu}
        Chip ID                        : {chip}
        Chip Type                      : Ascend
        Chip Name                      : 910B2
        Chip Version                   : V1
        Board ID                       : 0x65
        PCB ID                         : NA
        BOM ID                         : 1
        VDie ID                        : 901421D4 02103514 1711E613 6DA7040A 0010200{chip}
        NDie ID                        : 05821994 20902110 1B11E613 6DA7040A 70102001
        Chip Position ID               : 1
        PCIe Bus Info                  : 0000:81:00.0
        Firmware Version               : 7.1.0.4.218
"""


@pytest.fixture
def dev(tmp_path, monkeypatch) -> Path:
    """The machine's device files, and what its kernel modules tell."""
    folder = tmp_path / "dev"
    folder.mkdir()
    for module in (nvidia, ascend):
        monkeypatch.setattr(module, "DEV", folder)
    monkeypatch.setattr(nvidia, "PROC", tmp_path / "gpus")
    ascend._boards.cache_clear()
    return folder


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Put a tool on the path: a script that prints what a real one was seen to print."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setattr(ascend, "PLACES", ())

    def put(name: str, script: str) -> None:
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)

    return put


def printing(text: str) -> str:
    return f"cat <<'END'\n{text}END"


def npu_smi(mapping: str, serial: str = "10241508397$5") -> str:
    """A script for `info -m`, `info -t board -i N` and the same with `-c N`."""
    chip = CHIP.format(npu="$5", chip="$7")
    board = BOARD.format(npu="$5", serial=serial)
    return f'case "$#" in\n2) {printing(mapping)}\n;;\n5) cat <<END\n{board}END\n;;\n7) cat <<END\n{chip}END\n;;\nesac'


def found() -> list[Device]:
    complaints: list[str] = []
    devices = makers.found(lambda what, error: complaints.append(f"{what}: {error}"))
    assert complaints == []
    return devices


def test_nvidia_cards_are_named_by_uuid_and_board_serial(dev, install):
    install("nvidia-smi", printing(NVIDIA_SMI))
    for name in ("nvidia0", "nvidia1", "nvidia2", "nvidia3", "nvidiactl", "nvidia-uvm"):
        (dev / name).touch()
    devices = found()
    assert [device.names for device in devices] == [
        ("GPU-1a2b3c4d-aaaa-bbbb-cccc-1234567890ab", "1612123001231"),
        ("GPU-2b3c4d5d-bbbb-cccc-dddd-234567890abc", "1612123001232"),
        ("GPU-089608fe-cba5-4711-bf68-085fd0711d8c",),
        ("GPU-e189fb8d-1627-f8f0-2ba3-c0585a8e9e85",),
    ]
    assert [device.model for device in devices[2:]] == ["NVIDIA GeForce RTX 4090", "NVIDIA, Limited"]
    assert devices[1].files == (f"{dev}/nvidia1", f"{dev}/nvidiactl", f"{dev}/nvidia-uvm")


def test_the_file_of_an_nvidia_card_is_the_kernels_number_and_not_its_index(dev, install, tmp_path):
    install("nvidia-smi", printing("".join(NVIDIA_SMI.splitlines(keepends=True)[:2])))
    for bus, minor in (("0000:07:00.0", 1), ("0000:0f:00.0", 0)):
        (tmp_path / "gpus" / bus).mkdir(parents=True)
        text = f"Model: \t\t NVIDIA A100-SXM4-80GB\nGPU UUID: \t GPU-1\nDevice Minor: \t {minor}\n"
        (tmp_path / "gpus" / bus / "information").write_text(text)
        (dev / f"nvidia{minor}").touch()
    assert [device.files for device in found()] == [(f"{dev}/nvidia1",), (f"{dev}/nvidia0",)]


@pytest.mark.parametrize(
    "text", ["", NO_NVIDIA, "\n,,,,\n", "NVIDIA-SMI has failed because it could not communicate\n"]
)
def test_what_names_no_card_counts_none(text):
    assert nvidia.parse(text) == []


def test_ascend_cards_are_named_by_die_and_board_serial(dev, install):
    install("npu-smi", npu_smi(MAPPING_A2))
    for name in ("davinci0", "davinci1", "davinci_manager", "devmm_svm", "hisi_hdc"):
        (dev / name).touch()
    shared = tuple(f"{dev}/{name}" for name in ("davinci_manager", "devmm_svm", "hisi_hdc"))
    die = "901421D4-02103514-1711E613-6DA7040A-00102000"
    assert found() == [
        Device("Ascend", "Ascend 910B", (die, "102415083970"), (f"{dev}/davinci0", *shared)),
        Device("Ascend", "Ascend 910B", (die, "102415083974"), (f"{dev}/davinci1", *shared)),
    ]


def test_an_ascend_card_has_all_its_chips(dev, install):
    install("npu-smi", npu_smi(MAPPING_A3, serial="NA"))
    for name in ("davinci8", "davinci9"):
        (dev / name).touch()
    (card,) = found()
    assert card.files == (f"{dev}/davinci8", f"{dev}/davinci9")
    assert [name[-8:] for name in card.names] == ["00102000", "00102001"]


def test_other_columns_are_read_by_their_names():
    assert ascend.parse_mapping(MAPPING_950) == [ascend.Chip("0", "0", "0", "Ascend950PR")]
    assert ascend.parse_mapping("dcmi module initialize failed. ret is -8005\n") == []


def test_boards_are_asked_again_when_the_chips_have_changed(dev, install):
    for name in ("davinci0", "davinci1"):
        (dev / name).touch()
    install("npu-smi", npu_smi(MAPPING_A2, serial="A$5"))
    assert [device.names[-1] for device in found()] == ["A0", "A4"]
    install("npu-smi", npu_smi("".join(MAPPING_A2.splitlines(keepends=True)[:3]), serial="A$5"))
    assert [device.names[-1] for device in found()] == ["A0"]


def test_a_machine_without_tools_has_no_cards(dev, install):
    assert found() == []


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("echo 'NVIDIA-SMI has failed'; exit 9", "nvidia-smi ended with 9: NVIDIA-SMI has failed"),
        ("exec sleep 60", "nvidia-smi did not answer within 1 s"),
    ],
)
def test_a_tool_that_fails_counts_nothing_of_its_maker_and_says_so(dev, install, monkeypatch, script, sentence):
    monkeypatch.setattr(tools, "WITHIN_SECONDS", 1.0)
    install("nvidia-smi", script)
    install("npu-smi", npu_smi(MAPPING_950))
    (dev / "davinci0").touch()
    said: list[str] = []
    devices = makers.found(lambda what, error: said.append(f"{what}: {error}"))
    assert [device.maker for device in devices] == ["Ascend"]
    assert said == [f"Counting the cards: {sentence}"]


def test_a_card_without_a_device_file_is_not_handed_out(dev, install):
    install("nvidia-smi", printing(NVIDIA_SMI))
    (dev / "nvidia1").touch()
    said: list[str] = []
    devices = makers.found(lambda what, error: said.append(what))
    assert [device.names[-1] for device in devices] == ["1612123001232"]
    assert len(said) == 3
