"""Names that could be taken for one another are named to whoever checks."""

import pytest

from portal.accounts import likeness
from portal.accounts.models import OrganisationState
from tests.portal.accounts.people import organisation, sign_in, staff


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("太原禾原数据科技有限公司", "太原禾原数据科技有限责任公司", True),
        ("太原禾原数据科技有限公司", "太原禾源数据科技有限公司", True),
        ("太原禾原数据科技有限公司", "太原 禾原数据科技（集团）有限公司", True),
        ("Heyuan Data Co., Ltd.", "HEYUAN  DATA", True),
        ("ＨＥＹＵＡＮ", "heyuan", True),
        ("太原禾原数据科技有限公司", "郑州星野智能科技有限公司", False),
        ("晋云算力", "晋云", False),
        ("甲", "乙", False),
        ("甲", "甲", True),
    ],
)
def test_what_is_alike(one, other, alike):
    assert likeness.like({1: one}, [(2, other)]) == {1: [2] if alike else []}


def test_a_name_is_not_like_itself():
    assert likeness.like({1: "太原禾原"}, [(1, "太原禾原")]) == {1: []}


@pytest.mark.django_db
def test_the_checker_is_warned_of_names_that_staff_know(client_at):
    known = organisation("太原禾原数据科技有限公司")
    organisation("太原禾原数据科技有限责任公司", state=OrganisationState.UNVERIFIED)
    asking = organisation("太原禾源数据科技有限公司", state=OrganisationState.PENDING)
    client = sign_in(client_at(), staff("operator"), second_factor=True)
    (case,) = client.get("/staff/verification/").context["cases"]
    assert case["organisation"] == asking
    assert case["like"] == [known], "what nobody has submitted could be anybody's"
    assert known.uscc in client.get("/staff/verification/").content.decode()
