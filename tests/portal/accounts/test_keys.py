"""API keys: shown once, stored as keyed hashes, scoped, rotated with overlap, revoked at once."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from portal.accounts import actions, tokens
from portal.accounts.models import ApiKey
from tenants.acts import Refusal
from tests.portal.accounts.people import member, organisation, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def made():
    anna = person("anna")
    key, text = actions.create_api_key(
        organisation("测试", anna), name="批处理", scopes=["quotes:write", "orders:read"], by=anna
    )
    return key, text, anna


def test_the_text_finds_the_key_and_lies_nowhere(made):
    key, text, _anna = made
    assert text.startswith(f"sp_{key.prefix}_")
    assert tokens.find_key(text) == key
    secret = text.split("_", 2)[2]
    assert secret not in str(list(ApiKey.objects.values()))


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:-1] + ("A" if text[-1] != "A" else "B"),
        lambda text: text.replace("sp_", "xx_"),
        lambda text: text.rsplit("_", 1)[0] if text.count("_") == 2 else text[:14],
        lambda text: "",
        lambda text: "sp__",
        lambda text: text + "x",
    ],
)
def test_anything_else_finds_nothing(made, change):
    assert tokens.find_key(change(made[1])) is None


def test_the_hash_depends_on_the_portals_secret(made, settings):
    _key, text, _anna = made
    former, settings.SECRET_KEY = settings.SECRET_KEY, "another-secret-of-good-length-0123456789"
    assert tokens.find_key(text) is None
    settings.SECRET_KEY_FALLBACKS = [former]
    assert tokens.find_key(text) is not None, "rotating our secret does not revoke everybody's keys"


def test_a_revoked_key_is_refused_at_once(made):
    key, text, anna = made
    actions.revoke_api_key(key, by=anna)
    assert tokens.find_key(text) is None
    with pytest.raises(Refusal):
        actions.revoke_api_key(key, by=anna)


def test_a_key_works_no_longer_than_the_account_of_who_made_it(made):
    key, text, anna = made
    member(person("bert"), key.organisation, "owner")
    assert (list(ApiKey.objects.usable()), tokens.find_key(text)) == ([key], key)
    actions.close_account(anna, by=anna)
    assert (list(ApiKey.objects.usable()), tokens.find_key(text)) == ([], None)


def test_rotation_overlaps_for_a_day(made):
    key, old, anna = made
    successor, new = actions.rotate_api_key(key, by=anna)
    assert (successor.name, successor.scopes) == (key.name, key.scopes)
    assert (tokens.find_key(old), tokens.find_key(new)) == (key, successor)
    with time_machine.travel(timezone.now() + timedelta(hours=24, seconds=1), tick=False):
        assert (tokens.find_key(old), tokens.find_key(new)) == (None, successor)


def test_rotation_never_lengthens_a_key(made):
    key, _text, anna = made
    ApiKey.objects.filter(pk=key.pk).update(expires_at=timezone.now() + timedelta(minutes=5))
    actions.rotate_api_key(key, by=anna)
    key.refresh_from_db()
    assert key.expires_at < timezone.now() + timedelta(minutes=6)


@pytest.mark.parametrize(("scopes", "code"), [([], "scope_missing"), (["everything"], "unknown_scope")])
def test_scopes_come_from_the_list(scopes, code):
    anna = person("anna")
    with pytest.raises(Refusal) as caught:
        actions.create_api_key(organisation("测试", anna), name="x", scopes=scopes, by=anna)
    assert caught.value.code == code
    assert ApiKey.objects.count() == 0
