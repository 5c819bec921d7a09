"""Micro-yuan for people."""

MICRO = 1_000_000


def yuan(amount_u: int) -> str:
    """`¥12,345.60`; further decimals appear only where the amount has them, so that nothing is rounded away."""
    sign, rest = ("−" if amount_u < 0 else ""), abs(amount_u)
    whole, micro = divmod(rest, MICRO)
    decimals = f"{micro:06d}".rstrip("0").ljust(2, "0")
    return f"{sign}¥{whole:,}.{decimals}"
