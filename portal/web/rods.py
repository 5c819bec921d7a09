"""Counting rods: one rod, one card, in rows under a beam; each lot in its pigment."""

from typing import Any

RODS_IN_A_ROW = 20
ROWS_DRAWN = 12
"""A bundle of more cards than fill these rows is drawn as full rows; its caption says the number."""
PITCH, ROD_HEIGHT, ROW_HEIGHT = 11, 32, 40


def bundle(lot: Any, scale: float) -> dict[str, Any]:
    """What `components/rods.html` draws of one lot; pixels of the drawing times `scale` are its size."""

    def of(name: str) -> Any:
        return lot.get(name) if isinstance(lot, dict) else getattr(lot, name, None)

    count = max(1, min(int(of("cards") or 0), RODS_IN_A_ROW * ROWS_DRAWN))
    rows = [min(RODS_IN_A_ROW, count - begun) for begun in range(0, count, RODS_IN_A_ROW)]
    width, height = rows[0] * PITCH, (len(rows) - 1) * ROW_HEIGHT + ROD_HEIGHT
    letter = str(of("letter") or "")
    return {
        "letter": letter,
        "css": lot_class(letter),
        "caption": of("caption"),
        "open": bool(of("open")),
        "box": f"0 0 {width} {height}",
        "width": round(width * scale),
        "height": round(height * scale),
        "strokes": "".join(
            f"M{rod * PITCH + 5.5:g} {row * ROW_HEIGHT}v{ROD_HEIGHT}"
            for row, rods_here in enumerate(rows)
            for rod in range(rods_here)
        ),
        "beams": "".join(f"M0 {row * ROW_HEIGHT + 10.24:g}h{rods_here * PITCH}" for row, rods_here in enumerate(rows)),
    }


def lot_class(letter: str) -> str:
    """Colour class of a lot: A, B, C … E have their own pigment, later letters begin again."""
    index = (ord(letter[0].upper()) - ord("A")) % 5 if letter and letter[0].isalpha() and letter.isascii() else 0
    return f"lot-{'abcde'[index]}"
