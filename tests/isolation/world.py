"""A world with something to leak: an organisation and a provider whose names no stranger may ever read."""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any

from django.apps import apps
from django.utils import timezone

from marketplace.activation.agents.codes import create_code
from marketplace.activation.models import Agent, EnrolmentCode
from marketplace.catalog import actions as catalog
from marketplace.catalog.models import Offer, OfferState, Pool, Provider
from marketplace.catalog.tables.columns import OFFERS
from marketplace.catalog.tables.exporting import export
from marketplace.catalog.tables.uploads import keep
from marketplace.onboarding.actions.objections import raise_objection
from marketplace.orders.models import OrderLine
from marketplace.orders.windows.actions import add_single_window, announce_maintenance
from portal.accounts import tokens
from portal.accounts.actions import SCOPES, create_api_key, invite
from portal.accounts.models import Organisation, OrganisationState, User
from portal.accounts.models.exports import DataExport
from portal.accounts.roles import MembershipRole
from portal.checkout.actions import place_purchase
from portal.checkout.requests.actions import ask
from portal.directory.models import CardModel, Category, Identifier, OfferIndex, OrderIndex, PurchaseMode, Unit
from portal.directory.wishes.actions.alerting import CardsWanted, await_cards
from portal.directory.wishes.actions.saving import save_search
from portal.directory.wishes.stopping import Mails, address_of
from tenants.context import NATION, in_province
from tests.isolation.routes import Route
from tests.market import CARD, YUAN, Buyer, card_model, fund, on_sale, quote_for
from tests.marketplace.onboarding import applying
from tests.portal.accounts.people import member, organisation, person, staff

HIDDEN = "不可外泄集团"
DRAFT = "未发布草案"
SITE = "隐藏机房"
PARAMETER = re.compile(r"<\w+:(\w+)>")
REGEXES = {
    "/accounts/^confirm-email/(?P<key>[-:\\w]+)/$": "/accounts/confirm-email/MTA:1a:b2/",
    "/accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": "/accounts/password/reset/key/1-abc/",
}


@dataclass
class World:
    owner: User
    """Owns the hidden buyer and its provider in Shanxi."""
    viewer: User
    """Belongs to both, without rights."""
    stranger: User
    """Owns another verified buyer, which has bought too, and a provider in Henan."""
    staff_elsewhere: User
    """Operator of Henan: a stranger at the nation and in Shanxi."""
    staff_here: dict[str, User]
    known: dict[str, str]
    forms: dict[str, dict[str, str]]
    """What a right form says, by the name of its address; other forms are sent empty."""
    marks: list[str]
    """Words that only the hidden organisation's own pages, and staff's, may show."""
    sessions: dict[tuple[int, bool], SimpleCookie] = field(default_factory=dict)

    def address(self, route: Route) -> str:
        """The route with ids that exist, of the hidden organisation wherever it has them."""
        if route.path in REGEXES:
            return REGEXES[route.path]
        path = re.sub(r"\^?\(\?P<app_label>(\w+)[^)]*\)/\$", r"\1/", route.path)
        path = path.replace("(?P<url>.*)$", "no/such/page/")
        words: list[str] = []
        for word in path.split("/"):
            found = PARAMETER.fullmatch(word)
            words.append(self._value(route, words, found[1]) if found else word)
        return "/".join(words)

    def _value(self, route: Route, before: list[str], name: str) -> str:
        if before[1:2] == ["staff"] and name == "object_id" and len(before) == 4 and before[2] != "r":
            return self._row_of(route.place, before[2], before[3])
        literal = next((word for word in reversed(before) if f"{word}.{name}" in self.known), "")
        return self.known[f"{literal}.{name}" if literal else name]

    def _row_of(self, place: str, app: str, model: str) -> str:
        with in_province("shanxi" if place == "province" else NATION):
            row = apps.get_model(app, model).objects.order_by("pk").first()
        return "1" if row is None else str(row.pk)


def build() -> World:
    owner, viewer, stranger = person("hidden-owner"), person("hidden-viewer"), person("stranger")
    hidden, other = organisation(HIDDEN, owner), organisation("另一家公司", stranger)
    seller = organisation("晋中算力服务商", owner)
    for one in (hidden, seller):
        member(viewer, one, MembershipRole.VIEWER)
    pending = organisation("待审核企业", person("applicant"), OrganisationState.PENDING)
    lots = on_sale("shanxi", 4), on_sale("henan", 4)
    draft = _draft("shanxi", seller)
    pool = _pool("shanxi", draft)
    _draft("henan", other)
    with in_province("shanxi"):
        upload = keep(OFFERS, draft.provider, "offers.csv", export(OFFERS, draft.provider), by=owner)
    for buyer in (hidden, other):
        fund(buyer, 4711 * YUAN)
    bought = _buy(Buyer(other, stranger), 1)
    bought = _buy(Buyer(hidden, owner), 5)
    quote = quote_for(Buyer(hidden, owner), 1)
    order = OrderIndex.objects.filter(purchase_id=bought.pk, province="shanxi").get()
    with in_province("shanxi"):
        line = OrderLine.objects.get(order=order.pk)
    search = save_search(owner, "hidden search", "q=hidden")
    enquiry = ask(OfferIndex.objects.get(pk=lots[0].offer.pk), "hidden question", organisation=hidden, by=owner)
    wanted = CardsWanted(CardModel.objects.get(pk=CARD), cards=999)
    alert = await_cards(owner, wanted)
    key, _text = create_api_key(hidden, name="hidden robot", scopes=SCOPES, by=owner)
    invitation = invite(hidden, email="hidden-guest@example.test", role=MembershipRole.BUYER, by=owner)
    taken = DataExport.objects.create(organisation=hidden, requested_by=owner)
    known = {
        "pk": "1",
        **_applications(hidden, owner),
        **_agent_and_windows(draft.provider),
        "key": "no-such-mail",
        "verb": "publish",
        "form": "csv",
        "slug": lots[0].offer.slug,
        "identifier": Identifier.objects.get(pool=lots[0].pool.pk).text,
        "province": "shanxi",
        "quotes.pk": quote.pk,
        "export.pk": taken.pk,
        "exports.pk": taken.pk,
        "purchases.pk": bought.pk,
        "requests.pk": enquiry.pk,
        "saved.pk": search.pk,
        "stop.token": address_of(Mails.SEARCH, search.pk).split("/")[-2],
        "alerts.pk": alert.pk,
        "orders.number": order.number,
        "number": order.number,
        "line": line.pk,
        "offer_id": draft.pk,
        "kind": "offers",
        "uploads.pk": upload.pk,
        "site_id": pool.site_id,
        "pools.pool_id": pool.pk,
        "cards.verb": "maintenance",
        "sale.verb": "pause",
        "record": 1,
        "sites.slug": pool.site.slug,
        "pools.slug": pool.slug,
        "provider.slug": draft.slug,
        "members.pk": viewer.memberships.get(organisation=hidden).pk,
        "invitations.pk": invitation.pk,
        "token": tokens.invitation_token(invitation),
        "keys.pk": key.pk,
        "verification.pk": pending.pk,
        "content_type_id": "1",
        "object_id": "1",
    }
    return World(
        owner=owner,
        viewer=viewer,
        stranger=stranger,
        staff_elsewhere=staff("operator-henan", province="henan"),
        staff_here={"nation": staff("operator-nation"), "province": staff("operator-shanxi", province="shanxi")},
        known={name: str(value) for name, value in known.items()},
        forms={
            "accounts:change_role": {"role": MembershipRole.BUYER},
            "accounts:switch": {"organisation": str(seller.pk)},
        },
        marks=[
            *(
                HIDDEN,
                DRAFT,
                "HIDDEN-SN-1",
                hidden.uscc,
                owner.email,
                viewer.email,
                invitation.email,
                key.prefix,
                "hidden robot",
                "hidden search",
                "hidden question",
            ),
            *(bought.number, quote.number, order.number, str(line.pk)),
        ],
    )


def _buy(who: Buyer, cards: int) -> Any:
    return place_purchase(quote_for(who, cards), organisation=who.organisation, by=who.user)


def _pool(province: str, draft: Offer) -> Pool:
    """A pool with a card of the draft's provider, at a site whose name nobody else may read."""
    with in_province(province):
        site = catalog.add_site(draft.provider, name_zh=SITE, city_zh="晋中")
        pool = catalog.add_pool(site, card_model=CardModel.objects.all()[0], mode="discrete")
        catalog.add_cards(pool, [("hidden-node", "HIDDEN-SN-1")])
        return pool


def _draft(province: str, seller: Any) -> Offer:
    """An offer its provider has not published yet."""
    with in_province(province):
        provider = catalog.add_provider(seller, slug=f"provider-of-{province}", short_zh="服务商")
        made = Offer.objects.create(
            provider=provider,
            slug=f"draft-{province}",
            name_zh=DRAFT if province == "shanxi" else "草案",
            category=Category.STORAGE,
            mode=PurchaseMode.QUOTE,
        )
        catalog.set_price(made, Unit.TB_MONTH, YUAN)
        assert made.state == OfferState.DRAFT
    return made


def _applications(hidden: Organisation, owner: User) -> dict[str, Any]:
    """In Shanxi: the hidden organisation's draft, and another's application on public notice with an objection."""
    checker, approver = staff("checker-shanxi", province="shanxi"), staff("approver-shanxi", province="shanxi")
    newcomer = person("newcomer")
    with in_province("shanxi"):
        draft = applying.draft(hidden, owner)
        noticed = applying.noticed(organisation("公示中的企业", newcomer), newcomer, checker, approver)
        objection = raise_objection(noticed, sentence="有异议", contact="0351-1234567", by=person("objector"))
        return {
            "attribute": "data_centre",
            "documents.document": applying.answer(draft, "data_centre").documents.get().pk,
            "notices.application": noticed.pk,
            "applications.application": noticed.pk,
            "objections.objection": objection.pk,
        }


def _agent_and_windows(provider: Provider) -> dict[str, Any]:
    """Of the hidden organisation's provider in Shanxi: an agent, a code for another, and a pool with windows."""
    with in_province("shanxi"):
        site = catalog.add_site(provider, name_zh="机房", city_zh="晋中")
        pool = catalog.add_pool(site, card_model=card_model(), mode="discrete")
        agent = Agent.objects.create(key_id="shanxi.a1", provider=provider, name="agent", public_key=b"k" * 32)
        create_code(provider)
        at, hour = timezone.now() + timedelta(days=1), timedelta(hours=1)
        (maintenance,) = announce_maintenance([pool], at, at + hour, "fans", by=None)
        return {
            "key_id": agent.pk,
            "agents.verb": "pause",
            "codes.pk": EnrolmentCode.objects.get().pk,
            "pool_id": pool.pk,
            "maintenance.window_id": maintenance.pk,
            "lending.window_id": add_single_window(pool, at, at + 2 * hour, by=None).pk,
        }
