"""What every page knows about the site: `{{ portal.name }}`, navigation, theme, footer. Nothing is computed unasked."""

from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from portal.web.theme import chosen_theme
from portal.web.wording import is_english


class Item(NamedTuple):
    label: str
    url: str
    current: bool
    here: bool
    """The link leads to this very page, not only to its part of the site."""


class AccountItem(NamedTuple):
    label: str
    url: str
    current: bool
    sign: str


class Common(NamedTuple):
    """What of the site is the same for everybody at one host: parts that show no more are drawn once."""

    name: str
    footer: str
    is_sample: bool
    national: str
    """Prefix of national addresses: empty at the nation itself."""
    province: str
    """Its name; empty at the nation."""

    @property
    def home(self) -> str:
        return f"{self.national}/"

    @property
    def foot_links(self) -> list[tuple[str, str]]:
        pages = [
            (_("How figures are defined"), "/about/data/"),
            (_("Ranking rule"), "/ranking/"),
            (_("Resolve an identifier"), "/identifiers/"),
            (_("Accessibility"), "/about/accessibility/"),
            (_("Privacy"), "/about/privacy/"),
        ]
        return [(label, self.national + path) for label, path in pages]

    @property
    def themes(self) -> list[tuple[str, str]]:
        return [
            ("", pgettext("appearance", "as the system")),
            ("light", pgettext("appearance", "light")),
            ("dark", pgettext("appearance", "dark")),
        ]


class Site:
    """The site as one request sees it."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @cached_property
    def common(self) -> Common:
        language = "en" if is_english() else "zh-hans"
        return Common(
            settings.SITE_NAME[language],
            settings.FOOTER_TEXT[language],
            settings.SAMPLE_WORLD,
            self.national,
            self.province.name if self.province else "",
        )

    @property
    def name(self) -> str:
        return self.common.name

    @property
    def is_sample(self) -> bool:
        return self.common.is_sample

    @property
    def objections_to(self) -> str:
        return str(settings.OBJECTIONS_EMAIL)

    @cached_property
    def province(self) -> Any:
        """The province whose host this is, or None at the nation."""
        return getattr(self.request, "tenant", None)

    @cached_property
    def national(self) -> str:
        """Prefix of national addresses: empty at the nation itself."""
        return "" if self.province is None else str(settings.PORTAL_URL)

    @cached_property
    def here(self) -> str:
        """Where to come back to after a switch: this page, or the home page if this one answers to a form only."""
        return self.request.get_full_path() if self.request.method in {"GET", "HEAD"} else "/"

    @property
    def sign_in(self) -> str:
        back = self.here if self.province is None else f"{self.province.url}{self.here}"
        plain = self.request.path == "/" and not self.national
        return settings.LOGIN_URL if plain else f"{settings.LOGIN_URL}?{urlencode({'next': back})}"

    @cached_property
    def nav(self) -> tuple[Item, ...]:
        """Places this person has; nothing stands here that does not exist."""
        places = [
            (_("Overview"), "/"),
            (_("Buy cards"), "/cards/"),
            (_("Catalogue"), "/catalogue/"),
            (_("Sub-platforms"), "/provinces/"),
        ]
        if self._signed_in and not self._desk:
            places += [
                (_("My orders"), "/purchases/"),
                (_("Organisation"), "/organisation/"),
                (_("Wallet"), "/wallet/"),
            ]
        items = [self._item(label, path) for label, path in places]
        if workspace := self._workspace:
            inside = self.request.path.startswith("/provider/")
            items.append(Item(_("Provider workspace"), workspace, inside, self.request.path == "/provider/"))
        if desk := self._desk:
            inside = self.request.path.startswith("/staff/")
            items.append(Item(_("Staff workspace"), desk, inside, self.request.path == "/staff/"))
        return tuple(items)

    def _item(self, label: str, path: str) -> Item:
        if self.province is not None:
            inside = path == "/provinces/" and not self.request.path.startswith(("/provider/", "/staff/"))
            return Item(label, f"{self.national}{path}", inside, False)
        here = self.request.path == path
        if path == "/cards/" and self.request.path.startswith("/quotes/"):
            return Item(label, path, True, False)
        return Item(label, path, here or (path != "/" and self.request.path.startswith(path)), here)

    @property
    def _signed_in(self) -> bool:
        user = getattr(self.request, "user", None)
        return user is not None and user.is_authenticated

    @property
    def _workspace(self) -> str:
        """Workspace of a provider's member: at this province, or at the one of its registration, once that is open."""
        organisation = getattr(self.request, "organisation", None)
        if organisation is None or organisation.kind != "provider":
            return ""
        if self.province is not None:
            return "/provider/"
        return f"{_province_url(organisation.province)}/provider/" if organisation.province_answers else ""

    @cached_property
    def _desk(self) -> str:
        """Where staff work: at the nation or in their province. Members of organisations cost no query."""
        if not self._signed_in or getattr(self.request, "memberships", None):
            return ""
        user: Any = self.request.user
        places = set(user.staff_roles.filter(active=True).values_list("province", flat=True))
        here = "nation" if self.province is None else self.province.slug
        if here in places:
            return "/staff/"
        if "nation" in places:
            return f"{settings.PORTAL_URL}/staff/"
        return f"{_province_url(min(places))}/staff/" if places else ""

    @property
    def account_links(self) -> list[AccountItem]:
        pages = [
            (_("E-mail addresses"), "account_email", "mail"),
            (_("Password"), "account_change_password", "lock"),
            (_("Two-step verification and passkeys"), "mfa_index", "shield"),
            (_("Signed-in devices"), "usersessions_list", "monitor-smartphone"),
            (_("Your data"), "privacy:own_data", "file-text"),
            (_("Sign out"), "account_logout", "log-out"),
        ]
        here = self.request.path if self.province is None else ""
        items = []
        for label, name, sign in pages:
            path = reverse(name, settings.PUBLIC_SCHEMA_URLCONF)
            items.append(AccountItem(label, self.national + path, here.startswith(path), sign))
        return items

    @cached_property
    def theme(self) -> str:
        return chosen_theme(self.request)


def _province_url(slug: str) -> str:
    return f"{settings.PORTAL_SCHEME}://{slug}.{settings.PARENT_DOMAIN}{settings.PORT_SUFFIX}"


def site(request: HttpRequest) -> dict[str, Site]:
    """Context processor."""
    return {"portal": Site(request)}
