"""Pages of a province's supply: the register, open to visitors, and the workspace of a provider's members."""

from marketplace.catalog.access import person, provider_of

__all__ = ["person", "provider_of"]
