"""What an agent sends is bounded before anything is done with it: size, depth, characters, length of every list."""

import json
import time
import uuid
from typing import Any

import pytest

from marketplace.activation.agents.bounds import shapes
from marketplace.activation.agents.bounds.bodies import MOST_BYTES
from marketplace.activation.models import CapacityReport, RefusedRows
from portal.api.bodies import DEEPEST
from tenants.context import in_province
from tests.marketplace.activation.test_doors import code_of, enrolling, knocker, lot  # noqa: F401  fixtures

pytestmark = pytest.mark.django_db
DOORS = ("lease", "results", "usage", "enrol")


def nested(depth: int) -> bytes:
    return b'{"a":' + b"[" * depth + b"]" * depth + b"}"


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("depth", [DEEPEST + 1, 900, 50_000])
def test_a_deep_body_is_refused(knocker, door, depth):  # noqa: F811
    assert code_of(knocker.send(door, nested(depth))) == (400, "too_deep")


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("text", [r"\u0000", r"\ud800"])
def test_what_cannot_be_stored_is_refused_wherever_it_stands(knocker, door, text):  # noqa: F811
    bodies_of = ('{"health": {"words": {"a%s": "b%s"}}}', '{"unknown": [["%s", "%s"]]}')
    for body in bodies_of:
        assert code_of(knocker.send(door, (body % (text, text)).encode())) == (422, "invalid")


@pytest.mark.parametrize("door", DOORS)
def test_a_large_body_is_refused(knocker, door):  # noqa: F811
    body = json.dumps({"unknown": "x" * MOST_BYTES}).encode()
    assert code_of(knocker.send(door, body)) == (413, "too_large")


def test_refused_bodies_are_counted_where_the_province_sees_them(knocker):  # noqa: F811
    knocker.send("lease", nested(1000))
    knocker.send("results", b'{"unknown": "\\u0000"}')
    with in_province("shanxi"):
        assert list(RefusedRows.objects.values_list("code", "rows")) == [("malformed", 2)]


def too_long(most: int, row: Any) -> list[Any]:
    return [row] * (most + 1)


@pytest.mark.parametrize(
    ("door", "body", "pointer"),
    [
        ("lease", {"capacity": too_long(shapes.MOST_POOLS, {"pool": "a", "cards": 1})}, "/capacity"),
        ("lease", {"health": {"failing": too_long(shapes.MOST_FAILING, str(uuid.uuid4()))}}, "/health/failing"),
        ("lease", {"health": {"words": {str(n): "x" for n in range(shapes.MOST_WORDS + 1)}}}, "/health/words"),
        ("lease", {"health": {"words": {"x" * 41: "x"}}}, "/health/words"),
        ("results", {"results": too_long(shapes.MOST_RESULTS, {})}, "/results"),
        ("usage", {"usage": too_long(shapes.MOST_USAGE, {})}, "/usage"),
    ],
)
def test_a_long_list_is_refused_by_name(knocker, door, body, pointer):  # noqa: F811
    answer = knocker.post(door, body)
    assert (code_of(answer), [one["pointer"] for one in answer.json()["errors"]]) == ((422, "invalid"), [pointer])


def test_a_long_list_of_serials_is_refused_by_name(knocker):  # noqa: F811
    answer = knocker.report(1, faulty=["x"] * (shapes.MOST_SERIALS + 1))
    pointers = [one["pointer"] for one in answer.json()["errors"]]
    assert (answer.status_code, pointers) == (422, ["/capacity/0/faulty"])


def test_a_lease_is_counted_once_in_a_report_of_usage(knocker):  # noqa: F811
    row = {"token": str(uuid.uuid4()), "card_seconds": "1"}
    assert knocker.post("usage", {"usage": [row, row]}).status_code == 422


def test_one_pool_twenty_thousand_times_is_refused_in_a_moment(knocker):  # noqa: F811
    body = json.dumps({"capacity": [{"pool": knocker.lot.pool.slug, "cards": 8}] * 20_000}).encode()
    began = time.thread_time()
    assert code_of(knocker.send("lease", body)) == (422, "invalid")
    assert time.thread_time() - began < 0.5
    with in_province("shanxi"):
        assert not CapacityReport.objects.filter(agent=knocker.key_id).exists()
