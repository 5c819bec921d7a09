"""E-mails that say what happened and what waits for whom.

An act leaves a letter in the nation's outbox; the task `accounts.notice` renders and sends it, in the language the
person chose. Who chose none reads the same twice: in Chinese, then in English.
"""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Model
from django.template.loader import render_to_string
from django.utils import translation

from portal.accounts.models import Invitation, Membership, Organisation, User
from portal.accounts.permissions import staff_with
from portal.accounts.roles import MembershipRole, Role
from portal.web.texts.lines import plain, unlinked
from tenants import outbox
from tenants.context import NATION, PUBLIC, current_province, in_province
from tenants.models import Province

LANGUAGES = ("zh-hans", "en")
ROLES: dict[str, Any] = dict([*MembershipRole.choices, *Role.choices])
RULE = "\n\n" + "—" * 20 + "\n\n"
AS_WRITTEN = {"act", "province_url", "address", "path", "query", "token", "stop", "reason", "person"}
"""Facts that are ours or staff's; `person` has passed `name_in_mail`."""


def tell(people: Iterable[User], notice: str, subject: Model, *, by: User | None = None, **facts: Any) -> None:
    """Leave one letter for each person; `notice` names the templates in emails/, `facts` are JSON-able.

    A fact `stop` is the path that ends e-mails of this kind by one click.

    Letters hold ids of people, not names: who did it (`by`) and who is told are looked up when it is sent.
    """
    for person in people:
        _leave(subject, notice=notice, user=person.pk, by=by.pk if by else None, facts=facts)


def tell_invited(invitation: Invitation) -> None:
    """Leave the letter with the link; the link's token is derived when it is sent and lies nowhere."""
    facts = names_of(invitation.organisation)
    _leave(invitation, notice="invitation", invitation=invitation.pk, by=invitation.invited_by_id, facts=facts)


def tell_owners(organisation: Organisation, notice: str, *, by: User | None = None, **facts: Any) -> None:
    owners = Membership.objects.owners_of(organisation).values("user")
    people = User.objects.filter(pk__in=owners, is_active=True)
    tell(people, notice, organisation, by=by, **names_of(organisation), **facts)


def tell_members(organisation: Organisation, roles: Iterable[str], notice: str, subject: Model, **facts: Any) -> None:
    """Tell everybody who has one of these roles in the organisation."""
    members = Membership.objects.active().filter(organisation=organisation, role__in=roles)
    people = User.objects.filter(pk__in=members.values("user"), is_active=True)
    tell(people, notice, subject, by=None, **names_of(organisation), **facts)


def buyer_or_owners(organisation: Organisation, buyer: User) -> list[User]:
    """Who hears of what somebody bought: that person, or the owners once the person has left."""
    members = Membership.objects.active().filter(organisation=organisation, user__is_active=True)
    own = members.filter(user=buyer)
    told = own if own.exists() else members.filter(role=MembershipRole.OWNER)
    return list(User.objects.filter(pk__in=told.values("user")).order_by("pk"))


def tell_of_staff_act(organisation: Organisation, act: str, thing: Model, *, reason: str) -> None:
    """Its owners read what staff of this place did to something of theirs, why, and where to object."""
    here = current_province()
    place = Province.objects.get(schema_name=NATION if here == PUBLIC else here)
    facts: dict[str, Any] = {"place_zh": place.name_zh, "place_en": place.name_en}
    for language, name in zip(LANGUAGES, ("thing_zh", "thing_en"), strict=True):
        with translation.override(language):
            facts[name] = str(thing)
    tell_owners(organisation, "staff_act", act=act, reason=reason, **facts)


def tell_national_staff(verb: str, label: str, notice: str, organisation: Organisation, **facts: Any) -> None:
    """Tell everybody at the nation whose role allows the verb that something waits for it."""
    tell(staff_with(verb, label), notice, organisation, by=None, **names_of(organisation), **facts)


def names_of(organisation: Organisation) -> dict[str, Any]:
    return {"name_zh": organisation.name_zh, "name_en": organisation.name_en or organisation.name_zh}


def _leave(subject: Model, **payload: Any) -> None:
    with in_province(NATION):
        outbox.leave("accounts.notice", subject, **payload)


def message_of(notice: str, address: str, facts: dict[str, Any], language: str = "") -> EmailMessage:
    """The e-mail in the language, or in both where none is known."""
    facts = _harmless(facts)
    subjects, bodies = [], []
    for one in [language] if language else LANGUAGES:
        with translation.override(one):
            english = one == "en"
            context = {
                **facts,
                **_in_one_language(facts, english),
                "objections_to": settings.OBJECTIONS_EMAIL,
                "role": ROLES.get(facts.get("role", ""), ""),
                "site": settings.SITE_NAME[one],
                "portal_url": settings.PORTAL_URL,
            }
            subjects.append(" ".join(render_to_string(f"emails/{notice}_subject.txt", context).split()))
            bodies.append(render_to_string(f"emails/{notice}.txt", context).strip())
    headers = _one_click(facts["stop"]) if "stop" in facts else {}
    return EmailMessage(" · ".join(subjects), RULE.join(bodies) + "\n", to=[address], headers=headers)


def _one_click(path: str) -> dict[str, str]:
    """RFC 8058: a mail program ends repeated e-mails by one request to this address."""
    link = f"<{settings.PORTAL_URL}{path}>"
    return {"List-Unsubscribe": link, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def _in_one_language(facts: dict[str, Any], english: bool) -> dict[str, Any]:
    """`name` of `name_zh` and `name_en`, and so on for every fact that stands in both."""
    stems = {key.removesuffix("_zh") for key in facts if key.endswith("_zh")}
    chosen = {stem: (facts.get(f"{stem}_en") if english else "") or facts[f"{stem}_zh"] for stem in stems}
    return {"name": "", "place": "", **chosen}


def name_in_mail(person: User) -> str:
    """The person's name, without what mail programs draw a link from; the address where there is none."""
    return unlinked(plain(person.name)) or person.email


def _harmless(facts: Any, name: str = "") -> Any:
    """The same with names that draw no link and make no paragraph. Our own addresses and reasons of staff stay."""
    if isinstance(facts, dict):
        return {key: _harmless(value, key) for key, value in facts.items()}
    if isinstance(facts, list):
        return [_harmless(value, name) for value in facts]
    return unlinked(plain(facts)) if isinstance(facts, str) and name not in AS_WRITTEN else facts
