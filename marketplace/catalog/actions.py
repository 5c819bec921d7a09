"""Acts on a province's supply: registering it, pricing it, putting offers on sale and taking them off.

An offer's row in the national index is written in the same transaction as whatever it shows (I7).
"""

from marketplace.catalog.offers.actions.drafting import change_offer, draft_offer
from marketplace.catalog.offers.actions.selling import (
    pause_offer,
    pause_offer_as_staff,
    publish_offer,
    resume_offer,
    resume_offer_as_staff,
    set_price,
    withdraw_offer,
)
from marketplace.catalog.supply.actions.cards import (
    Moved,
    add_cards,
    end_quarantine,
    move_cards,
    numbered,
    quarantine_cards,
    take_back,
)
from marketplace.catalog.supply.actions.pausing import (
    pause_pool,
    pause_pool_as_staff,
    pause_provider,
    resume_pool,
    resume_pool_as_staff,
    resume_provider,
)
from marketplace.catalog.supply.actions.registering import (
    add_pool,
    add_provider,
    add_site,
    change_pool,
    change_site,
    register_supply,
)

__all__ = [
    "Moved",
    "add_cards",
    "add_pool",
    "add_provider",
    "add_site",
    "change_offer",
    "change_pool",
    "change_site",
    "draft_offer",
    "end_quarantine",
    "move_cards",
    "numbered",
    "pause_offer",
    "pause_offer_as_staff",
    "pause_pool",
    "pause_pool_as_staff",
    "pause_provider",
    "publish_offer",
    "quarantine_cards",
    "register_supply",
    "resume_offer",
    "resume_offer_as_staff",
    "resume_pool",
    "resume_pool_as_staff",
    "resume_provider",
    "set_price",
    "take_back",
    "withdraw_offer",
]
