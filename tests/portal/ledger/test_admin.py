"""Finance records a transfer; above the limit a second officer books it."""

import pytest
from django.conf import settings

from portal.ledger.actions import balances
from portal.ledger.models import TopUp, TopUpState
from portal.web.wording import money_exact
from tests.portal.accounts import people

pytestmark = pytest.mark.django_db

ADD = "/staff/ledger/topup/add/"


@pytest.fixture
def payer():
    return people.organisation("测试付款方")


@pytest.fixture
def officers(client_at):
    return [_signed_in(client_at, name) for name in ("first", "second")]


def _signed_in(client_at, name):
    client = client_at()
    people.sign_in(client, people.staff(name, "finance"), second_factor=True)
    return client


def record(client, payer, amount, reference="20261124-0001"):
    return client.post(ADD, {"credit_code": payer.uscc, "amount": amount, "bank_reference": reference})


def test_a_transfer_is_booked_to_the_micro_yuan(officers, payer):
    assert record(officers[0], payer, "1234.567891").status_code == 302
    assert balances(payer) == (1_234_567_891, 0)


def test_a_large_transfer_waits_for_somebody_else(officers, payer):
    large = settings.TOP_UP_FOUR_EYES_U // 1_000_000 + 1
    record(officers[0], payer, str(large))
    top_up = TopUp.objects.get()
    book = f"/staff/ledger/topup/{top_up.pk}/act/book/"
    page = officers[1].get(f"/staff/ledger/topup/{top_up.pk}/change/").content.decode()
    assert money_exact(large * 1_000_000) in page
    assert str(large * 1_000_000) not in page
    assert (top_up.state, balances(payer)) == (TopUpState.AWAITING_SECOND, (0, 0))
    officers[0].post(book)
    assert balances(payer) == (0, 0)
    officers[1].post(book)
    assert balances(payer) == (large * 1_000_000, 0)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (
            {"credit_code": "91350100M000100Y43"},
            "No organisation has this credit code. Nothing was recorded.",
        ),
        ({"amount": "0"}, "0.000001"),
        ({"amount": "1.0000001"}, "6"),
    ],
)
def test_bad_input_gets_a_sentence_and_books_nothing(officers, payer, changed, sentence):
    data = {"credit_code": payer.uscc, "amount": "5", "bank_reference": "A-1", **changed}
    answer = officers[0].post(ADD, data, headers={"accept-language": "en"})
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert TopUp.objects.count() == 0


def test_the_same_transfer_is_not_booked_twice(officers, payer):
    record(officers[0], payer, "5")
    assert record(officers[1], payer, "5").status_code == 200
    assert balances(payer) == (5_000_000, 0)


def test_an_operator_may_look_but_not_record(client_at, payer):
    client = client_at()
    people.sign_in(client, people.staff("overseer"), second_factor=True)
    assert record(client, payer, "5").status_code == 403
    assert client.get("/staff/ledger/topup/").status_code == 200
