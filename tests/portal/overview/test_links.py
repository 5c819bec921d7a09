"""The link of a province is computed: from its state, its schema and the latest report."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from django.utils.translation import override

from portal.overview.links import state as links
from portal.overview.links.state import LinkState, link_of
from portal.overview.models import LinkCheck
from portal.web.glyphs import tone_of
from tenants.context import in_province
from tenants.models import Province


@pytest.fixture(autouse=True)
def fresh_memory():
    links.forget()
    yield
    links.forget()


def state(province, age: timedelta | None) -> LinkState:
    now = timezone.now()
    return link_of(province, None if age is None else now - age, now=now).state


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (timedelta(0), LinkState.UP),
        (timedelta(seconds=60), LinkState.UP),
        (timedelta(seconds=61), LinkState.LATE),
        (timedelta(hours=1), LinkState.LATE),
        (timedelta(hours=1, seconds=1), LinkState.SILENT),
        (None, LinkState.SILENT),
    ],
)
def test_the_age_of_the_latest_report_decides(shanxi, age, expected):
    assert state(shanxi, age) == expected


def test_a_province_that_is_not_open_is_planned_and_one_suspended_says_so(shanxi):
    planned = Province.objects.get(schema_name="hainan")
    assert state(planned, timedelta(0)) == LinkState.PLANNED
    shanxi.state = "suspended"
    assert state(shanxi, timedelta(0)) == LinkState.SUSPENDED


def test_a_schema_behind_the_code_weighs_more_than_a_fresh_report(shanxi, henan):
    with in_province(shanxi), connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'orders'")
    assert state(shanxi, timedelta(0)) == LinkState.BEHIND
    assert state(henan, timedelta(0)) == LinkState.UP


def test_the_schemas_are_compared_once_a_minute_not_at_every_page(shanxi, django_assert_num_queries):
    links.provinces_behind()
    with django_assert_num_queries(0):
        links.provinces_behind()


def test_lateness_is_told_in_whole_minutes(shanxi):
    now = timezone.now()
    with override("en"):
        assert link_of(shanxi, now - timedelta(minutes=12, seconds=50), now=now).word == "12 min late"


def test_every_state_has_a_tone_a_word_and_a_meaning(shanxi):
    now = timezone.now()
    shown = [links.Link(state, now, now) for state in LinkState]
    for words in ([link.plain_word for link in shown], [link.meaning for link in shown]):
        assert len(set(words)) == len(LinkState)
    assert all(tone_of(link.tone) for link in shown)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ({"agents": 3, "agents_reporting": 3}, LinkState.UP),
        ({"agents": 3, "agents_reporting": 2}, LinkState.PARTIAL),
        ({"agents": 3, "agents_reporting": 2, "refused_at": 5}, LinkState.REFUSED),
        ({"agents": 3, "agents_reporting": 3, "refused_at": 31}, LinkState.UP),
    ],
)
def test_silent_agents_and_refused_rows_of_the_last_look_count_too(shanxi, seen, expected):
    now = timezone.now()
    if "refused_at" in seen:
        seen = {**seen, "refused_at": now - timedelta(seconds=seen["refused_at"])}
    check = LinkCheck(province="shanxi", checked_at=now, **seen)
    assert link_of(shanxi, now, now=now, check=check).state == expected
    assert link_of(shanxi, now - timedelta(seconds=61), now=now, check=check).state == LinkState.LATE


def test_a_province_where_nobody_is_enrolled_yet_is_not_in_trouble(shanxi):
    now = timezone.now()
    assert link_of(shanxi, None, now=now, check=LinkCheck(checked_at=now)).state == LinkState.EMPTY
