"""The table of rights."""

import pytest
from django.apps import apps

from portal.accounts import permissions
from portal.accounts.models import StaffRole, User
from portal.accounts.permissions import can_buy, hidden_fields, may, member_may, members, staff_with, table, withheld
from portal.accounts.roles import MembershipRole, Role
from portal.staff import vocabulary
from tenants.context import in_province
from tests.portal.accounts.people import member, organisation, person, staff


def test_every_object_in_the_table_is_a_model_with_a_name_on_the_page():
    labels = {label for objects in table().values() for label in objects}
    assert labels == set(vocabulary.objects())
    for label in labels:
        apps.get_model(label)


def test_every_verb_has_a_name_and_nobody_deletes():
    verbs = {verb for objects in table().values() for words in objects.values() for verb in words}
    assert verbs == set(vocabulary.words("VERBS"))
    assert "delete" not in verbs


def test_whoever_may_do_something_may_view_it():
    for role, objects in table().items():
        for label, words in objects.items():
            assert "view" in words, (role, label)


def test_hidden_fields_exist_on_their_models():
    for objects in withheld().values():
        for label, fields in objects.items():
            assert fields <= {field.name for field in apps.get_model(label)._meta.get_fields()}, label


def test_every_field_with_money_in_what_the_regulator_views_is_hidden():
    for label in table()[Role.REGULATOR]:
        fields = {field.name for field in apps.get_model(label)._meta.fields}
        money = {name for name in fields if name.endswith("_u") or name.startswith("price")}
        assert money <= withheld()["prices"].get(label, set()), label


def test_every_link_to_a_buyer_in_what_the_regulator_views_is_hidden():
    """Links to people and organisations; a provider's own name is public."""
    public = {
        ("directory.offerindex", "provider"),
        ("catalog.provider", "organisation"),
        ("onboarding.application", "organisation"),
        ("directory.identifier", "organisation"),
    }
    for label in table()[Role.REGULATOR]:
        for field in apps.get_model(label)._meta.fields:
            names = field.is_relation and field.related_model._meta.label_lower in (
                "accounts.user",
                "accounts.organisation",
            )
            if names and (label, field.name) not in public:
                hidden = withheld()["buyers"].get(label, set()) | withheld()["contacts"].get(label, set())
                assert field.name in hidden, (label, field.name)
    assert "checkout.purchase" not in table()[Role.REGULATOR]
    assert not any(label.startswith("ledger.") for label in table()[Role.REGULATOR])


def test_every_act_of_members_has_a_name_and_owners_may_do_everything():
    assert set(members()) == set(vocabulary.words("MEMBER_ACTS"))
    assert all(MembershipRole.OWNER in roles for roles in members().values())


@pytest.mark.django_db
class TestStaff:
    def test_roles_at_the_nation_open_public_objects_and_no_province(self, nation, shanxi):
        operator = staff("operator")
        assert may(operator, "verify", "accounts.organisation")
        with in_province(shanxi):
            assert may(operator, "verify", "accounts.organisation")
            assert not may(operator, "view", "orders.order")
            assert not operator.has_perm("orders.view_order")

    def test_roles_in_a_province_open_that_province_only(self, shanxi, henan):
        local = staff("local", province="shanxi")
        assert not may(local, "view", "accounts.organisation")
        with in_province(shanxi):
            assert local.has_perm("orders.view_order")
            assert local.has_module_perms("orders")
            assert not local.has_perm("orders.delete_order")
        with in_province(henan):
            assert not local.has_perm("orders.view_order")
            assert not local.has_module_perms("orders")
        assert not local.has_perm("orders.view_order"), "on the national host there are no orders of Shanxi"

    def test_no_answer_crosses_from_one_province_into_the_next(self, shanxi, henan):
        """The same user object, asked in turns, with a different role in each."""
        anna = staff("anna", Role.FINANCE, "shanxi")
        StaffRole.objects.create(user=anna, province="henan", role=Role.REGULATOR)
        for _round in range(2):
            with in_province(shanxi):
                assert anna.has_perm("catalog.view_planversion")
                assert hidden_fields(anna, "orders.order") == frozenset()
            with in_province(henan):
                assert not anna.has_perm("catalog.view_planversion")
                assert hidden_fields(anna, "orders.order") == {
                    "organisation",
                    "requested_by",
                    "purchase_id",
                    "total_u",
                }

    def test_a_second_role_that_sees_everything_hides_nothing(self, shanxi):
        anna = staff("anna", Role.REGULATOR, "shanxi")
        StaffRole.objects.create(user=anna, province="shanxi", role=Role.OPERATOR)
        with in_province(shanxi):
            assert hidden_fields(anna, "orders.order") == frozenset()

    def test_an_ended_role_a_closed_account_and_a_superuser_have_no_rights(self):
        ended, closed = staff("ended"), staff("closed")
        StaffRole.objects.filter(user=ended).update(active=False)
        closed.is_active = False
        root = User.objects.create_superuser("root@example.test", "x")
        for user in (ended, closed, root):
            assert not may(user, "view", "accounts.organisation")
            assert not user.has_perm("accounts.view_organisation")

    def test_permission_rows_of_django_open_nothing(self):
        from django.contrib.auth.models import Permission

        anna = person("anna")
        anna.user_permissions.set(Permission.objects.filter(codename="view_organisation"))
        assert anna.user_permissions.count() == 1, "the row is there"
        assert not anna.has_perm("accounts.view_organisation")

    def test_those_who_can_decide_are_found(self):
        operator = staff("operator")
        staff("finance", Role.FINANCE)
        staff("local", province="shanxi")
        assert list(staff_with("verify", "accounts.organisation")) == [operator]


@pytest.mark.django_db
class TestMembers:
    @pytest.mark.parametrize(
        ("role", "buys"), [("owner", True), ("approver", True), ("buyer", True), ("finance", False), ("viewer", False)]
    )
    def test_who_can_buy(self, role, buys):
        anna = person("anna")
        one = organisation("测试")
        member(anna, one, role)
        assert can_buy(anna, one) is buys

    def test_neither_strangers_nor_former_members_can(self):
        anna, bert = person("anna"), person("bert")
        one, other = organisation("甲"), organisation("乙", bert)
        left = member(anna, one, "owner")
        left.active = False
        left.save()
        assert not can_buy(anna, one)
        assert not can_buy(bert, one)
        assert can_buy(bert, other)
        assert not any(member_may(bert, act, one) for act in permissions.members())
