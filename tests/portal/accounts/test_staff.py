"""Who acts for the platform: roles, the last operator, the command for the first one."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from portal.accounts import actions
from portal.accounts.models import StaffRole, User
from tenants.acts import Refusal
from tenants.context import in_province
from tenants.history.models import Record
from tenants.outbox.models import Letter
from tests.portal.accounts.people import person, staff

pytestmark = pytest.mark.django_db


def code_of(act) -> str:
    with pytest.raises(Refusal) as caught:
        act()
    return caught.value.code


def test_the_last_operator_of_the_nation_stays():
    operator, second = staff("operator"), staff("second")
    first_role, second_role = operator.staff_roles.get(), second.staff_roles.get()
    actions.deactivate_staff_role(first_role, reason="moves on", by=second)
    ends = {"reason": "moves on", "by": second}
    assert code_of(lambda: actions.deactivate_staff_role(second_role, **ends)) == "last_operator"


def test_the_command_line_gives_a_role_once_and_again_after_its_end():
    anna, operator = person("anna"), staff("operator")
    role = actions.add_staff_role(anna, "shanxi", "operator")
    with in_province("nation"):
        before = (Record.objects.count(), Letter.objects.count())
        assert actions.add_staff_role(anna, "shanxi", "operator") == role
        assert (Record.objects.count(), Letter.objects.count()) == before, "nobody is told twice"
    assert code_of(lambda: actions.deactivate_staff_role(role, reason=" ", by=operator)) == "reason_missing"
    assert not actions.deactivate_staff_role(role, reason="moves on", by=operator).active
    assert actions.add_staff_role(anna, "shanxi", "operator") == role
    assert list(anna.staff_roles.values_list("active", flat=True)) == [True]


def test_a_role_needs_an_open_province():
    anna = person("anna")
    assert code_of(lambda: actions.add_staff_role(anna, "tibet", "operator")) == "unknown_province"
    assert code_of(lambda: actions.add_staff_role(anna, "shanxi", "king")) == "unknown_role"


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("create_staff", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_makes_the_first_member_of_staff():
    said = run("first@example.test", "--role", "operator", "--role", "finance")
    user = User.objects.get(email="first@example.test")
    roles = sorted(StaffRole.objects.filter(user=user, active=True).values_list("province", "role"))
    assert roles == [("nation", "finance"), ("nation", "operator")]
    assert user.emailaddress_set.get().verified
    assert "http://portal.localhost:8000/accounts/password/reset/key/" in said
    assert "second factor" in said


def test_the_printed_link_sets_a_password_once(client_at):
    path = re.search(r"http://portal\.localhost:8000(/accounts/password/reset/key/\S+)", run("first@example.test"))[1]
    page = client_at().get(path, follow=True)
    assert page.status_code == 200
    client = client_at()
    where = client.get(path).url
    password = "quite-a-long-one-0815"
    client.post(where, {"password1": password, "password2": password})
    assert User.objects.get().check_password(password)
    assert "token_fail" in client_at().get(path).context


def test_the_command_takes_an_existing_person_and_leaves_the_password_alone():
    anna = person("anna")
    assert "password/reset" not in run("ANNA@example.test", "--province", "shanxi")
    assert User.objects.count() == 1
    assert list(anna.staff_roles.values_list("province", "role")) == [("shanxi", "operator")]


def test_the_command_refuses_nonsense_with_a_sentence():
    for arguments in (["nobody"], ["a@example.test", "--province", "atlantis"]):
        with pytest.raises(CommandError, match=r"(Nothing was changed|没有)"):
            run(*arguments)
    assert User.objects.count() == 0
