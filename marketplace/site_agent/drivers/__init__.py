"""How a lease becomes something that runs: the contract every driver keeps.

Each act is idempotent by the lease's token. The runner has refused older attempts before a driver is asked, and
never asks a driver two things about one token at a time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import Any, Protocol

Say = Callable[[str, int, str], None]
"""Progress: step, percent, sentence."""
Objects = list[dict[str, Any]]
"""What exists: {token, attempt, state, serials, card_model} each."""


@dataclass(frozen=True)
class Device:
    """A card that a driver found in its machine."""

    maker: str
    model: str
    """As the maker's tool calls it."""
    names: tuple[str, ...]
    """What identifies it: UUID or die ids, board serial. A registered serial that is one of them means this card; the
    first is no other card's."""
    files: tuple[str, ...] = ()
    """Device files that a workspace needs to use it."""


@dataclass(frozen=True)
class Wanted:
    """What a lease asks for."""

    token: str
    attempt: int
    pool: str
    card_model: str
    serials: list[str]
    order_number: str = ""
    devices: dict[str, list[str]] = field(default_factory=dict)
    """Serial → device files, of the leased serials only."""
    counted: dict[str, Device] = field(default_factory=dict)
    """Serial → the card found for it. A serial without one is declared, not measured."""


@dataclass(frozen=True)
class Endpoint:
    kind: str
    url: str
    secret: str


@dataclass(frozen=True)
class Running:
    """What runs for a lease, and since when (ISO 8601, UTC)."""

    endpoint: Endpoint
    serials: list[str]
    card_model: str
    ready_at: str


@dataclass(frozen=True)
class Health:
    """`code` and `words` name the sentence, so that the portal can say it in its reader's language."""

    ok: bool
    sentence: str
    code: str = ""
    words: dict[str, str] = field(default_factory=dict)


class DriverError(Exception):
    """It could not be done. `code` is one of the protocol's closed list; the text is a sentence for people."""

    def __init__(self, code: str, sentence: str, *, retryable: bool) -> None:
        super().__init__(sentence)
        self.code, self.retryable = code, retryable


class Driver(Protocol):
    def preflight(self) -> Health:
        """Whether leases can be served here, tried and not guessed."""

    def devices(self) -> Sequence[Device]:
        """The cards that can be handed out here, counted now."""

    def adopt(self) -> None:
        """After a restart: take over what still runs, and start again what should run and does not."""

    def apply(self, wanted: Wanted, say: Say, stop: Event) -> Running:
        """Set it up, or find it set up under the same attempt. Raises `DriverError`, having left nothing behind."""

    def verify(self, token: str) -> Running:
        """Look again whether it works. Raises `DriverError`."""

    def credentials(self, token: str) -> Endpoint:
        """Where it answers and with which secret. Raises `DriverError`."""

    def usage(self, token: str) -> float:
        """Card-seconds since it became ready."""

    def suspend(self, token: str) -> None:
        """Stop computing, keep data and cards. Raises `DriverError`."""

    def resume(self, token: str) -> None: ...

    def revoke(self, token: str) -> None:
        """Remove it with its data and prove that nothing of it runs. Raises `DriverError` if something does."""

    def list(self) -> Objects:
        """Everything of ours that exists, known to the portal or not."""

    def keep(self) -> None:
        """Called every few seconds: start again what should run and does not."""

    def failing(self) -> Sequence[str]:
        """Tokens of leases whose workspace ended again and again and is left alone until somebody looks."""

    def park(self) -> None:
        """Stop everything on this machine and keep what is needed to start it again."""
