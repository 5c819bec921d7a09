"""What needs a person at the nation: card models that providers miss in the taxonomy."""

from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.directory.taxonomy.actions import LABEL
from portal.directory.taxonomy.request_models import CardModelRequest, RequestState
from portal.staff import desk


def requested_card_models(user: User) -> desk.Waiting:
    return desk.waiting(CardModelRequest.objects.open().select_related("organisation"), "requested_at", _request)


def _request(one: CardModelRequest) -> desk.Item:
    return desk.Item(str(one), one.organisation.name, one.requested_at, desk.page_of(one))


QUEUES = [
    desk.Queue(
        name="card-models",
        label=_("Card models that providers miss"),
        verb="approve",
        thing=LABEL,
        otherwise=_("The provider cannot register a pool of these cards."),
        act=_("Add or refuse"),
        url=lambda: desk.list_of(CardModelRequest, f"state__exact={RequestState.OPEN}"),
        find=requested_card_models,
        national=True,
    )
]
