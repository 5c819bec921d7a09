"""What every act uses: a refusal with a sentence for people, and the table of legal moves."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.utils.translation import gettext as _


class Refusal(Exception):
    """An act did not happen. HTML shows the sentence; the API answers 409 with sentence and code.

    `alternatives` is a JSON-able list of what the person may do instead; `status` the HTTP status.
    """

    def __init__(
        self,
        sentence: str,
        code: str = "refused",
        *,
        alternatives: list[dict[str, Any]] | None = None,
        status: int = 409,
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code
        self.alternatives = alternatives or []
        self.status = status

    def __str__(self) -> str:
        return str(self.sentence)


def require(condition: object, sentence: str, code: str = "refused", **more: Any) -> None:
    """Raise `Refusal` with the sentence unless the condition holds."""
    if not condition:
        raise Refusal(sentence, code, **more)


def reasoned(reason: str) -> str:
    """The reason without the space around it. Raises `Refusal` for an empty one: who is concerned reads it."""
    reason = reason.strip()
    require(reason, _("Say why: those concerned read it. Nothing was changed."), "reason_missing")
    return reason


class IllegalMove(Exception):
    """Code asked for a move that the transition table does not have: a fault of ours, not of a person."""


class Machine:
    """The states of one model and the legal moves between them."""

    def __init__(self, table: Mapping[Any, AbstractSet[Any]]) -> None:
        self.table: dict[str, frozenset[str]] = {
            str(source): frozenset(str(target) for target in targets) for source, targets in table.items()
        }

    def allows(self, source: str, target: str) -> bool:
        return str(target) in self.table.get(str(source), frozenset())

    def final(self) -> frozenset[str]:
        """States that nothing leads out of."""
        return frozenset(state for state, targets in self.table.items() if not targets)


class Moves(models.Model):
    """A model with a `state` that moves by its `moves` table; only `actions.py` calls `move_to`."""

    moves: ClassVar[Machine]
    if TYPE_CHECKING:
        state: models.CharField[str, str]

    class Meta:
        abstract = True

    def move_to(self, state: str, **facts: Any) -> None:
        """Write the new state, and the facts that come with it, if the table allows the move.

        Raises `IllegalMove` otherwise. The caller holds the row's lock.
        """
        current = str(self.state)
        if not self.moves.allows(current, state):
            raise IllegalMove(f"{type(self).__name__} {self.pk}: {current} → {state} is not in the table")
        self.state = str(state)
        for name, value in facts.items():
            setattr(self, name, value)
        self.save(update_fields=["state", *facts])  # type: ignore[misc]  # every subclass has the field
