"""Tables in the workspace: template, export, upload, dry run and import, by owner, colleague and stranger."""

from datetime import timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from rest_framework.settings import api_settings

from marketplace.catalog.models import Card, TableUpload
from marketplace.catalog.tasks import forget_uploads
from portal.accounts.roles import MembershipRole
from tenants.context import in_province
from tests.marketplace.catalog import supply
from tests.portal.accounts import people

CARDS = "/provider/tables/cards/"


@pytest.fixture
def pool(shanxi):
    return supply.pool(supply.site(supply.provider("shanxi"), "shanxi"), "shanxi", cards=0)


@pytest.fixture
def signed_in(client_at, pool):
    def enter(name: str, role: str | None = MembershipRole.OWNER):
        user = people.person(name)
        if role is not None:
            people.member(user, pool.provider.organisation, role)
        return people.sign_in(client_at("shanxi"), user)

    return enter


def table_of(pool, *more: str) -> str:
    return "\n".join(["serial,pool,node", f"SN-1,{pool.slug},n1", f"SN-2,{pool.slug},n1", *more])


def upload(client, text: str | bytes, path: str = CARDS):
    data = text.encode() if isinstance(text, str) else text
    return client.post(path, {"file": SimpleUploadedFile("cards.csv", data)})


def cards() -> int:
    with in_province("shanxi"):
        return Card.objects.count()


def test_a_file_is_checked_then_confirmed_and_then_gone(signed_in, pool):
    owner = signed_in("guo")
    answer = upload(owner, table_of(pool))
    assert answer.status_code == 302
    page = owner.get(answer.url)
    assert (page.status_code, cards()) == (200, 0)
    assert "SN-2" in page.content.decode()
    done = owner.post(answer.url)
    assert (done.status_code, done.url, cards()) == (302, "/provider/pools/", 2)
    for back in (owner.get, owner.post):
        again = back(answer.url)
        assert (again.status_code, again.url, cards()) == (302, "/provider/pools/", 2)
    assert signed_in("chen").get(answer.url).status_code == 404
    with in_province("shanxi"):
        assert TableUpload.objects.count() == 0


def test_an_import_leads_to_the_list_of_what_was_imported(signed_in, pool):
    owner = signed_in("guo")
    files = {
        "sites": "site,name_zh,city_zh\ns9,新机房,大同\n",
        "pools": f"pool,site,card_model,mode\np9,s9,{pool.card_model_id},discrete\n",
        "offers": "offer,name_zh,category,mode,pool\no9,新产品,intelligent,instant,p9\n",
    }
    for kind, text in files.items():
        done = owner.post(upload(owner, text, f"/provider/tables/{kind}/").url, follow=True)
        assert done.redirect_chain == [(f"/provider/{kind}/", 302)]
        assert "导入 1 行" in done.content.decode()


def test_a_file_with_a_bad_row_shows_its_place_and_cannot_be_confirmed(signed_in, pool):
    owner = signed_in("guo")
    address = upload(owner, table_of(pool, "SN 3,nowhere,n1")).url
    page = owner.get(address).content.decode()
    assert "SN 3" in page
    assert "nowhere" in page
    assert '<form method="post">' not in page
    assert owner.post(address).status_code == 409
    assert cards() == 0


def test_what_became_wrong_after_the_check_is_found_when_it_is_confirmed(signed_in, pool):
    owner = signed_in("guo")
    address = upload(owner, table_of(pool)).url
    with in_province("shanxi"):
        supply.actions.add_cards(supply.pool(pool.site, "shanxi", cards=0), [("n9", "SN-2")])
    assert owner.post(address).status_code == 409
    assert cards() == 1


def test_only_whoever_uploaded_a_file_sees_and_imports_it_and_for_an_hour(signed_in, pool):
    owner, partner = signed_in("guo"), signed_in("partner")
    address = upload(owner, table_of(pool)).url
    assert (partner.get(address).status_code, partner.post(address).status_code) == (404, 404)
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        assert owner.post(address).status_code == 404
        upload(owner, table_of(pool))
        with in_province("shanxi"):
            assert TableUpload.objects.count() == 1
    assert cards() == 0


def test_a_newer_file_takes_the_place_of_the_persons_earlier_one(signed_in, pool):
    owner, colleague = signed_in("guo"), signed_in("hao")
    first, other = upload(owner, table_of(pool)), upload(colleague, table_of(pool))
    second = upload(owner, table_of(pool, f"SN-3,{pool.slug},n1"))
    assert [owner.get(one.url).status_code for one in (first, second)] == [404, 200]
    assert colleague.get(other.url).status_code == 200


def test_files_spend_the_same_allowance_as_the_api(signed_in, pool, monkeypatch):
    monkeypatch.setitem(api_settings.DEFAULT_THROTTLE_RATES, "import", "2/min")
    owner = signed_in("guo")
    owner.cookies["django_language"] = "en"
    kept = upload(owner, table_of(pool))
    assert owner.get(kept.url).status_code == 200
    refused = [owner.post(kept.url), owner.get(kept.url), upload(owner, table_of(pool))]
    assert [one.status_code for one in refused] == [429, 429, 429]
    assert "Too many files" in refused[0].content.decode()
    assert cards() == 0


def test_files_nobody_imported_are_forgotten_after_an_hour(signed_in, pool):
    upload(signed_in("guo"), table_of(pool))
    assert forget_uploads() == 0
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        assert forget_uploads() == 1


def test_a_file_whose_bytes_changed_is_not_imported(signed_in, pool):
    owner = signed_in("guo")
    address = upload(owner, table_of(pool)).url
    with in_province("shanxi"):
        TableUpload.objects.update(data=table_of(pool, f"SN-3,{pool.slug},n1").encode())
    assert owner.post(address).status_code == 409
    assert cards() == 0


def test_a_colleague_without_the_right_exports_and_does_not_import(signed_in, pool):
    viewer = signed_in("chen", MembershipRole.VIEWER)
    assert viewer.get(CARDS).status_code == 200
    assert viewer.get(f"{CARDS}export.csv").status_code == 200
    assert upload(viewer, table_of(pool)).status_code == 403
    with in_province("shanxi"):
        assert TableUpload.objects.count() == 0


@pytest.mark.parametrize("path", ["/provider/tables/", CARDS, f"{CARDS}export.csv", f"{CARDS}template.csv"])
def test_strangers_find_no_tables_and_visitors_sign_in(signed_in, client_at, path):
    assert signed_in("he", None).get(path).status_code == 404
    assert client_at("shanxi").get(path).status_code == 302


def test_there_are_four_tables(signed_in):
    owner = signed_in("guo")
    assert owner.get("/provider/tables/").status_code == 200
    for kind, code in {"sites": 200, "pools": 200, "cards": 200, "offers": 200, "racks": 404}.items():
        assert owner.get(f"/provider/tables/{kind}/").status_code == code
        for file in ("template", "export"):
            answer = owner.get(f"/provider/tables/{kind}/{file}.csv")
            assert answer.status_code == code
            if code == 200:
                assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
                assert answer.content.startswith(b"\xef\xbb\xbf")


def test_no_file_and_too_large_a_file_are_said_at_the_field(signed_in):
    owner = signed_in("guo")
    assert owner.post(CARDS).status_code == 422
    assert upload(owner, b"a" * (5 * 1024 * 1024 + 1)).status_code == 422


def test_an_empty_file_is_told_so(signed_in):
    owner = signed_in("guo")
    page = owner.get(upload(owner, b"").url, headers={"accept-language": "en"})
    assert "The file is empty." in page.content.decode()


def test_two_hundred_faults_are_shown_and_all_counted(signed_in, pool):
    owner = signed_in("guo")
    page = owner.get(upload(owner, table_of(pool, *(f"X{n},nowhere,n1" for n in range(250)))).url).content.decode()
    assert page.count("<code>nowhere</code>") == 200
    assert "250" in page
