"""Two people register one organisation at the same moment: one of them is told so."""

from portal.accounts import actions
from portal.accounts.models import Organisation
from tests.portal.accounts.people import credit_code, person
from tests.races.together import after, paused_after, together


def test_a_credit_code_is_registered_once(race_database, monkeypatch):
    anna, bert, code = person("anna"), person("bert"), credit_code()
    begun = paused_after(monkeypatch, Organisation, "save")
    first, second = together(
        lambda: actions.create_organisation(by=anna, name_zh="测试", uscc=code),
        after(begun, lambda: actions.create_organisation(by=bert, name_zh="测试", uscc=code)),
    )
    assert (first.uscc, getattr(second, "code", second)) == (code, "credit_code_taken")
