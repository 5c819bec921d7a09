"""Acts on saved searches. The views hand in only what belongs to the person."""

import uuid
from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts import notices
from portal.accounts.models import User
from portal.directory.browse import shelf
from portal.directory.browse.catalogue import MANY, SINGLE, Asked, Catalogue
from portal.directory.models import SavedSearch
from portal.directory.wishes import stopping
from tenants import history
from tenants.acts import require

MOST = 30
ONE_LETTER_IN = timedelta(days=1)
SETTLES_IN = timedelta(minutes=2)
"""So long an act may take from naming its time to being seen: younger offers are told next time."""


def conditions(query: QueryDict) -> str:
    """The conditions of a catalogue's address in one spelling, without page and without what means nothing."""
    kept = QueryDict(mutable=True)
    for name in ("q", *MANY, *SINGLE, "price", "sort"):
        asked = query.getlist(name) if name in MANY else query.getlist(name)[-1:]  # as the catalogue reads them
        for value in sorted({one.strip().replace("\0", "") for one in asked}):
            if value:
                kept.appendlist(name, value)
    return kept.urlencode()


@transaction.atomic
def save_search(user: User, name: str, query: str, *, notify: bool = False) -> SavedSearch:
    """Keep the conditions under a name. Raises `Refusal`: `name_taken`, `too_many`, `too_long`."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    mine = SavedSearch.objects.visible_to(user)
    require(
        mine.count() < MOST,
        _("You have %(most)s saved searches already. Nothing was saved. Delete one first.") % {"most": MOST},
        "too_many",
    )
    require(
        len(query) <= 1000,
        _("These are too many conditions to save. Nothing was saved. Take some away first."),
        "too_long",
    )
    _unused(mine, name)
    search = SavedSearch.objects.create(user=user, name=name, query=query, notify=notify)
    history.record("saved_search.added", search, by=user)
    return search


@transaction.atomic
def change_search(search: SavedSearch, *, name: str, notify: bool) -> SavedSearch:
    """Another name, letters or none; letters begin with what is published from now on.

    Raises `Refusal`: `name_taken`, `deleted`.
    """
    search = _locked(search)
    _unused(SavedSearch.objects.visible_to(search.user).exclude(pk=search.pk), name)
    if notify and not search.notify:
        search.checked_until = timezone.now()
    search.name, search.notify = name, notify
    search.save(update_fields=["name", "notify", "checked_until"])
    history.record("saved_search.changed", search, by=search.user)
    return search


@transaction.atomic
def silence_search(pk: str) -> None:
    """No more letters, asked for by the link in one of them. A search that is gone or silent stays so."""
    search = SavedSearch.objects.select_for_update().filter(pk=pk, notify=True).first()
    if search is not None:
        search.notify = False
        search.save(update_fields=["notify"])
        history.record("saved_search.silenced", search, by=search.user)


@transaction.atomic
def forget_search(search: SavedSearch) -> None:
    """Delete it as far as anybody can see: the row stays, empty. Raises `Refusal` `deleted`."""
    search = _locked(search)
    search.name, search.query, search.notify, search.active = "", "", False, False
    search.save(update_fields=["name", "query", "notify", "active"])
    history.record("saved_search.forgotten", search, by=search.user)


def _locked(search: SavedSearch) -> SavedSearch:
    found = SavedSearch.objects.select_for_update().select_related("user").get(pk=search.pk)
    require(found.active, _("This search was deleted already. Nothing was changed."), "deleted")
    return found


def _unused(mine: QuerySet[SavedSearch], name: str) -> None:
    require(
        not mine.filter(name=name).exists(),
        _("You have a saved search called “%(name)s” already. Nothing was saved. Choose another name.")
        % {"name": name},
        "name_taken",
    )


# New offers ------------------------------------------------------------------------------------


def tell_due() -> int:
    """Leave a letter for every search that new offers match; the number of letters."""
    now = timezone.now()
    due = SavedSearch.objects.to_be_told(now - ONE_LETTER_IN)
    at = shelf.current()
    return sum(_tell(search.pk, at) for search in due if _new_offers(search, at))


def _new_offers(search: SavedSearch, at: shelf.Shelf) -> int:
    """Offers on sale that match and were published since the last letter; from the shelf, no query of their own."""
    found = Catalogue(Asked.read(QueryDict(search.query)), at)
    until = timezone.now() - SETTLES_IN
    return sum(search.checked_until < one.published_at <= until for one in found[0 : found.total])


@transaction.atomic
def _tell(search_id: uuid.UUID, at: shelf.Shelf) -> bool:
    """Leave one letter, if it is still due when the row is locked."""
    now = timezone.now()
    due = SavedSearch.objects.to_be_told(now - ONE_LETTER_IN).select_related("user")
    search = due.select_for_update(of=("self",), skip_locked=True).filter(pk=search_id).first()
    if search is None:
        return False
    number = _new_offers(search, at)
    if not number:
        return False
    search.told_at, search.checked_until = now, now - SETTLES_IN
    search.save(update_fields=["told_at", "checked_until"])
    history.record("saved_search.told", search)
    notices.tell(
        [search.user],
        "new_offers",
        search,
        name_zh=search.name,
        name_en=search.name,
        number=number,
        query=search.query,
        stop=stopping.address_of(stopping.Mails.SEARCH, search.pk),
    )
    return True
