"""The order's machine: what it allows, and what nothing leads out of."""

from marketplace.orders.models import ORDER_MOVES, OrderState

SPEC = """
placed → rejected / expired / cancelled
placed → awaiting_provider / scheduled / activating
awaiting_provider → scheduled
awaiting_provider → cancelled
scheduled → cancelled
awaiting_provider → activating / rejected / expired
scheduled → activating / failed
activating → active
activating → partially_active
activating → unknown
unknown → activating / active / failed / cancelling
activating → failed
activating → cancelling
cancelling → cancelled
partially_active → active / ending
active → ending
degraded → ending
ending → ended
active ↔ degraded
"""
"""The lines of the table; what an `unknown` order becomes stands in that line's effect: adopt, or delete, or again."""


def of_spec() -> set[tuple[str, str]]:
    moves = set()
    for line in SPEC.strip().splitlines():
        source, arrow, targets = line.partition("↔") if "↔" in line else line.partition("→")
        for target in targets.split("/"):
            moves.add((source.strip(), target.strip()))
            if arrow == "↔":
                moves.add((target.strip(), source.strip()))
    return moves


def test_code_and_spec_have_the_same_moves():
    in_code = {(source, target) for source, targets in ORDER_MOVES.table.items() for target in targets}
    assert in_code == of_spec()


def test_every_state_is_in_the_table():
    assert set(ORDER_MOVES.table) == set(OrderState.values)


def test_final_states():
    assert ORDER_MOVES.final() == {"ended", "cancelled", "rejected", "expired", "failed"}
