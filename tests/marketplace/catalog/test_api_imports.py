"""Files by key: the same check and the same import as on the pages."""

import hashlib
import io

import pytest
from openpyxl import Workbook

from marketplace.catalog.api.imports import XLSX
from marketplace.catalog.models import Card
from portal.accounts.roles import MembershipRole
from tenants.context import in_province
from tests.marketplace.catalog import supply
from tests.portal.accounts import people
from tests.portal.api.knocking import key_of, member, problem, program, visitor

pytestmark = pytest.mark.django_db
HERE = "/api/v1/provider/shanxi/imports/cards/"


@pytest.fixture
def pool(shanxi):
    return supply.pool(supply.site(supply.provider("shanxi"), "shanxi"), "shanxi", cards=0)


@pytest.fixture
def owner(pool):
    user = people.person("guo")
    people.member(user, pool.provider.organisation, MembershipRole.OWNER)
    return user


@pytest.fixture
def robot(pool, owner):
    return program(key_of(pool.provider.organisation, owner)[1])


def file_of(pool, *more: str) -> bytes:
    lines = ["序列号,资源池编号,节点", f"SN-1,{pool.slug},n1", f"SN-2,{pool.slug},n1", *more]
    return "\n".join(lines).encode("gb18030")


def send(client, data: bytes, path: str = HERE, key: str | None = "k", content_type: str = "text/csv"):
    headers = {"idempotency-key": key} if key else {}
    return client.post(path, data, content_type=content_type, headers=headers)


def cards() -> int:
    with in_province("shanxi"):
        return Card.objects.count()


def test_a_dry_run_says_what_would_be_done_and_an_import_does_it(robot, pool):
    data = file_of(pool)
    told = {"added": 2, "changed": 0, "same": 0, "sha256": hashlib.sha256(data).hexdigest(), "encoding": "GB18030"}
    sound = {**told, "faults": 0, "first_faults": []}
    assert send(robot, data, f"{HERE}?dry_run=1", key=None).json() == {**sound, "imported": False}
    assert cards() == 0
    assert send(robot, data).json() == {**sound, "imported": True}
    assert cards() == 2
    assert send(robot, data).headers["Idempotent-Replayed"] == "true"
    assert send(robot, data, key="other").json()["same"] == 2


def test_a_dry_run_leaves_the_key_for_the_import(robot, pool):
    send(robot, file_of(pool), f"{HERE}?dry_run=true", key="one")
    assert send(robot, file_of(pool), key="one").json()["imported"] is True


def test_faults_are_named_by_row_and_column_and_nothing_is_imported(robot, pool):
    data = file_of(pool, "SN-3,nowhere,n1", f"SN-1,{pool.slug},n1")
    dry = send(robot, data, f"{HERE}?dry_run=1", key=None)
    assert (dry.status_code, dry.json()["faults"]) == (200, 2)
    answer = send(robot, data)
    assert problem(answer) == (422, "faulty_table")
    body = answer.json()
    assert [(one["pointer"], one["row"], one["value"]) for one in body["errors"]] == [
        ("/4/资源池编号", 4, "nowhere"),
        ("/5/序列号", 5, "SN-1"),
    ]
    assert (body["faults"], cards()) == (2, 0)
    assert send(robot, file_of(pool)).json()["imported"] is True  # the key is free: nothing final was answered


def test_a_key_is_needed_to_import_and_text_csv_is_what_is_sent(robot, pool):
    assert problem(send(robot, file_of(pool), key=None)) == (422, "invalid")
    assert problem(send(robot, b"{}", content_type="application/json")) == (415, "unsupported_media_type")
    assert problem(send(robot, file_of(pool), "/api/v1/provider/shanxi/imports/racks/")) == (404, "not_found")
    assert cards() == 0


def test_other_bytes_under_the_same_key_are_refused(robot, pool):
    send(robot, file_of(pool))
    assert problem(send(robot, file_of(pool, f"SN-3,{pool.slug},n1"))) == (422, "key_reused")


def test_too_large_a_file_is_told_so(robot):
    answer = send(robot, b"a" * (6 * 1024 * 1024), f"{HERE}?dry_run=1", key=None)
    assert problem(answer) == (413, "too_large")
    assert answer.json()["detail"] == "The file is larger than 5 MB. Nothing was done. Divide it into several files."


def test_a_work_sheet_is_taken_as_a_text_is(robot, pool):
    book, file = Workbook(), io.BytesIO()
    book.active.append(["序列号", "资源池编号", "节点"])
    book.active.append(["SN-1", pool.slug, "n1"])
    book.save(file)
    answer = send(robot, file.getvalue(), content_type=XLSX).json()
    assert (answer["encoding"], answer["added"], answer["imported"]) == ("XLSX", 1, True)
    assert cards() == 1


def test_an_encoding_in_doubt_is_asked_for_and_belongs_to_the_request(robot):
    data, here = "site,name_zh,city_zh\nx1,甬潮,A\n".encode("gb18030"), "/api/v1/provider/shanxi/imports/sites/"
    (fault,) = send(robot, data, here).json()["errors"]
    assert (fault["row"], "GB18030: “x1,甬潮,A”" in fault["detail"]) == (0, True)
    assert send(robot, data, f"{here}?encoding=GB18030").json()["imported"] is True
    assert problem(send(robot, data, f"{here}?encoding=UTF-8")) == (422, "key_reused")
    assert problem(send(robot, data, f"{here}?encoding=latin-1")) == (422, "invalid")


@pytest.mark.parametrize("query", ["dry_rum=1", "dry_run=1&dry_run=0", "cursor=x"])
def test_a_word_nobody_knows_is_no_dry_run(robot, pool, query):
    answer = send(robot, file_of(pool), f"{HERE}?{query}")
    assert problem(answer) == (422, "invalid")
    assert cards() == 0


def test_offers_ask_for_the_right_to_offers_and_everything_for_the_scope(pool, owner):
    viewer = people.person("chen")
    people.member(viewer, pool.provider.organisation, MembershipRole.VIEWER)
    for kind in ("sites", "pools", "cards", "offers"):
        assert problem(send(member(viewer), b"x", f"/api/v1/provider/shanxi/imports/{kind}/")) == (403, "forbidden")
    reader = program(key_of(pool.provider.organisation, owner, ["supply:read"])[1])
    assert problem(send(reader, file_of(pool))) == (403, "scope_missing")
    assert problem(send(visitor(), file_of(pool))) == (401, "not_authenticated")


def test_files_have_an_allowance_of_their_own(robot, pool):
    answers = [send(robot, b"", f"{HERE}?dry_run=1", key=None).status_code for _time in range(21)]
    assert answers == [200] * 20 + [429]
