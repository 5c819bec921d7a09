"""NVIDIA cards as NVML counts them, asked through `nvidia-smi`.

A registered card is the device whose UUID (`uuid`, with its `GPU-`) or board serial (`serial`) it names. Boards without
a serial, such as GeForce, print `[N/A]` there, and boards with several GPUs give all of them the same one: those cards
are registered by UUID.
"""

from pathlib import Path

from marketplace.site_agent.drivers import Device
from marketplace.site_agent.drivers.makers.tools import output, tool

MAKER = "NVIDIA"
FIELDS = "index,uuid,serial,pci.bus_id,name"
DEV, PROC = Path("/dev"), Path("/proc/driver/nvidia/gpus")
SHARED = ("nvidiactl", "nvidia-uvm", "nvidia-uvm-tools")
"""Device files that every program needs beside its card's own."""


def count() -> list[Device]:
    """Raises `NotCounted` if the tool is there and does not answer."""
    smi = tool("nvidia-smi")
    return parse(output([smi, f"--query-gpu={FIELDS}", "--format=csv,noheader"])) if smi else []


def parse(text: str) -> list[Device]:
    """One device for each line that names one; the name comes last because it may hold a comma."""
    found = []
    for line in text.splitlines():
        words = [word.strip() for word in line.split(",", 4)]
        if len(words) == 5 and words[1].startswith("GPU-"):
            index, uuid, serial, bus, model = words
            names = (uuid, serial) if serial.isalnum() and serial.strip("0") else (uuid,)
            found.append(Device(MAKER, model, names, _files(bus, index)))
    return found


def _files(bus: str, index: str) -> tuple[str, ...]:
    """The card's own file, whose number is not always its index, and the shared ones; empty without its own."""
    own = DEV / f"nvidia{_minor(bus) or index}"
    if not own.exists():
        return ()
    return (str(own), *(str(DEV / name) for name in SHARED if (DEV / name).exists()))


def _minor(bus: str) -> str:
    """The device's number as its kernel module tells it: `Device Minor: 	 3`."""
    domain, _colon, place = bus.lower().partition(":")
    try:
        text = (PROC / f"{int(domain, 16):04x}:{place}" / "information").read_text()
    except (OSError, ValueError):
        return ""
    lines = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("Device Minor:")]
    return lines[0] if lines and lines[0].isdigit() else ""
