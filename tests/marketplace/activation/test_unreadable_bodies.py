"""Agents' bodies are read by the reader of the API: what cannot be read is a problem, counted for the agent."""

import pytest

from marketplace.activation.models import RefusedRows
from marketplace.site_agent import signing
from portal.api import bodies
from tenants.context import in_province
from tests.marketplace.activation.test_doors import enrolling, knocker, lot  # noqa: F401  fixtures of the doors
from tests.portal.api.knocking import problem

pytestmark = pytest.mark.django_db
DOORS = ["lease", "results", "usage"]


def send(knocker, door: str, content: bytes):  # noqa: F811
    path = f"/agent/v1/{door}"
    headers = signing.headers_for(knocker.private_key, knocker.key_id, "POST", path, content)
    return knocker.client.post(path, content, content_type="application/json", headers=headers)


def counted() -> int:
    with in_province("shanxi"):
        return sum(RefusedRows.objects.values_list("rows", flat=True))


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, (400, "too_deep")),
        (b"[" * 1_500, (400, "too_deep")),
        (b"null", (422, "invalid")),
        (b'{"health": {"words": {"a": "\\u0000"}}}', (422, "invalid")),
        (b'{"health": {"words": {"\\u0000": "a"}}}', (422, "invalid")),
        (b'{"results": [{"sentence": "\\u0000"}]}', (422, "invalid")),
    ],
)
def test_what_cannot_be_read_is_told_and_counted(knocker, door, content, expected):  # noqa: F811
    assert problem(send(knocker, door, content)) == expected
    assert counted() == 1


def test_a_text_that_cannot_be_stored_is_named_where_it_stands(knocker):  # noqa: F811
    answer = send(knocker, "lease", b'{"health": {"ok": true, "words": {"driver": "a\\u0000"}}}')
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/health/words/driver"]


@pytest.mark.parametrize("door", [*DOORS, "enrol"])
def test_a_body_that_is_too_large_is_not_read(knocker, door):  # noqa: F811
    assert problem(send(knocker, door, b" " * (bodies.MOST_BYTES + 1))) == (413, "too_large")


def test_enrolling_reads_as_the_others_do(client_at):
    for content, expected in [
        (b"[" * 50_000, (400, "too_deep")),
        (b'{"code": "\\u0000", "public_key": "x"}', (422, "invalid")),
        (b"null", (422, "invalid")),
    ]:
        answer = client_at().post("/agent/v1/enrol", content, content_type="application/json")
        assert problem(answer) == expected
