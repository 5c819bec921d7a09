"""Where Django finds the models of this app; each noun has its own package."""

from portal.directory.identifiers.models import Identifier
from portal.directory.index.models import (
    FEW,
    Category,
    OfferIndex,
    OfferQuerySet,
    OrderIndex,
    PurchaseMode,
    Unit,
)
from portal.directory.index.notice_models import NoticeIndex, NoticeOutcome
from portal.directory.index.record_models import ActivationRecord
from portal.directory.index.stock_models import Availability
from portal.directory.taxonomy.models import BaseModel, CardModel, by_language
from portal.directory.taxonomy.request_models import CardModelRequest
from portal.directory.wishes.models import AlertState, SavedSearch, StockAlert

__all__ = [
    "FEW",
    "ActivationRecord",
    "AlertState",
    "Availability",
    "BaseModel",
    "CardModel",
    "CardModelRequest",
    "Category",
    "Identifier",
    "NoticeIndex",
    "NoticeOutcome",
    "OfferIndex",
    "OfferQuerySet",
    "OrderIndex",
    "PurchaseMode",
    "SavedSearch",
    "StockAlert",
    "Unit",
    "by_language",
]
