"""Never twice: one key, one act, one answer; another request under the key is refused."""

import threading
import uuid

import pytest
from django.db import connection

from portal.accounts.models import IdempotentAnswer
from portal.api.idempotency import once
from portal.checkout.models import Purchase
from portal.ledger.actions import balances
from tests.market import YUAN, buyer, fund, on_sale, quote_for
from tests.portal.api.knocking import key_of, post, problem, program

PURCHASES = "/api/v1/purchases/"


def sale(yuan: int = 100):
    who = buyer(yuan)
    on_sale("shanxi", 4)
    on_sale("henan", 4)
    return who, program(key_of(who.organisation, who.user)[1])


@pytest.mark.django_db
class TestOneAnswer:
    def test_the_same_request_gets_the_same_answer_and_buys_once(self):
        who, robot = sale()
        asked = {"quote": str(quote_for(who, 6, hours=2).pk)}
        first, second = (post(robot, PURCHASES, asked, key="order-4711") for _request in range(2))
        assert (first.status_code, second.status_code) == (201, 201)
        assert first.json() == second.json()
        assert (first.headers.get("Idempotent-Replayed"), second.headers["Idempotent-Replayed"]) == (None, "true")
        assert Purchase.objects.count() == 1
        assert balances(who.organisation) == ((100 - 24) * YUAN, 24 * YUAN)

    def test_another_body_under_the_key_is_refused(self):
        who, robot = sale()
        first, other = quote_for(who, 1), quote_for(who, 2)
        assert post(robot, PURCHASES, {"quote": str(first.pk)}, key="k").status_code == 201
        assert problem(post(robot, PURCHASES, {"quote": str(other.pk)}, key="k")) == (422, "key_reused")
        assert Purchase.objects.count() == 1

    def test_another_address_under_the_key_is_refused(self):
        who, robot = sale()
        bought = post(robot, PURCHASES, {"quote": str(quote_for(who, 1).pk)}, key="k").json()
        assert problem(post(robot, f"{PURCHASES}{bought['id']}/cancel/", key="k")) == (422, "key_reused")

    def test_a_refusal_is_not_kept_so_the_key_can_be_tried_again(self):
        who, robot = sale(yuan=0)
        asked = {"quote": str(quote_for(who, 6, hours=2).pk)}
        assert problem(post(robot, PURCHASES, asked, key="k")) == (409, "wallet_short")
        assert (IdempotentAnswer.objects.count(), Purchase.objects.count()) == (0, 0)
        fund(who.organisation, 24 * YUAN)
        assert post(robot, PURCHASES, asked, key="k").status_code == 201

    def test_a_key_belongs_to_its_organisation(self):
        (who, robot), (other, stranger) = sale(), sale()
        assert post(robot, PURCHASES, {"quote": str(quote_for(who, 1).pk)}, key="k").status_code == 201
        answer = post(stranger, PURCHASES, {"quote": str(quote_for(other, 1).pk)}, key="k")
        assert (answer.status_code, answer.headers.get("Idempotent-Replayed")) == (201, None)

    @pytest.mark.parametrize(
        ("key", "code"),
        [(None, "key_missing"), ("", "key_missing"), ("a b", "key_malformed"), ("k" * 65, "key_malformed")],
    )
    def test_a_purchase_without_a_proper_key_is_not_made(self, key, code):
        who, robot = sale()
        answer = post(robot, PURCHASES, {"quote": str(quote_for(who, 1).pk)}, key=key)
        assert problem(answer) == (422, "invalid")
        assert [one["code"] for one in answer.json()["errors"]] == [code]
        assert Purchase.objects.count() == 0

    def test_an_act_that_fails_is_forgotten_with_all_it_wrote(self):
        organisation = buyer(0).organisation

        def act():
            fund(organisation, YUAN)
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            once(organisation, "k", "asked", act)
        assert (IdempotentAnswer.objects.count(), balances(organisation)) == (0, (0, 0))


def test_requests_at_the_same_time_under_one_key_act_once(race_database):
    organisation = buyer(0).organisation
    start, acted, answers = threading.Barrier(8), [], []

    def act():
        acted.append(1)
        return 201, {"id": uuid.uuid4()}

    def ask() -> None:
        start.wait(10)
        answers.append(once(organisation, "k", "asked", act))
        connection.close()

    threads = [threading.Thread(target=ask) for _thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(acted) == 1
    assert len(answers) == 8
    assert len({str(answer.body["id"]) for answer in answers}) == 1
    assert sorted(answer.repeated for answer in answers) == [False] + [True] * 7
