"""What history keeps as codes is read as words: every act some code records has one, amounts are yuan, people named."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.utils import translation

from marketplace.catalog.tables.columns import KINDS
from marketplace.onboarding.models import AnswerState, ObjectionState
from marketplace.orders.models import OrderState
from portal.accounts.roles import Role
from portal.staff import vocabulary
from portal.staff.history_words import told
from tenants import history
from tenants.context import in_province
from tests.portal.accounts.people import sign_in, staff

ROOT = Path(__file__).parents[3]
MADE_UP = {
    "f'{kind.name}.uploaded'": [f"{kind}.uploaded" for kind in KINDS],
    "f'{kind.name}.imported'": [f"{kind}.imported" for kind in KINDS],
    "f'answer.{state}'": [f"answer.{AnswerState.ACCEPTED}", f"answer.{AnswerState.WRONG}"],
    "f'objection.{state}'": [f"objection.{ObjectionState.DISMISSED}", f"objection.{ObjectionState.UPHELD}"],
    "f'order.{target}'": [f"order.{OrderState.ENDED}", f"order.{OrderState.CANCELLED}"],
}
"""Acts that code puts together, by the expression that does."""

NO_SUBJECTS = {
    "accounts.dataexport",
    "accounts.idempotentanswer",
    "activation.nonce",
    "activation.probeplace",
    "catalog.tableupload",
    "checkout.purchasenews",
    "directory.activationrecord",
    "directory.noticeindex",
    "history.anchor",
    "history.seal",
    "history.sealedrow",
    "onboarding.answer",
    "overview.provinceclosing",
    "onboarding.document",
    "onboarding.objection",
    "overview.linkcheck",
}
"""Models no act is recorded of: parts of others, and what the portal keeps for itself."""


def acts_in(path: Path) -> Iterator[str]:
    """First arguments of `history.record` in a module; where one is a parameter, what its callers give."""
    tree = ast.parse(path.read_text())
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    for function in functions:
        for call in (one for name in ("record", "record_each", "unwritten") for one in calls_of(function, name)):
            if ast.unparse(call.func).startswith("history."):
                yield from acts_of(call.args[0], function, tree)


def calls_of(tree: ast.AST, name: str) -> list[ast.Call]:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [call for call in calls if ast.unparse(call.func).rpartition(".")[2] == name]


def acts_of(given: ast.expr, function: ast.FunctionDef, tree: ast.Module) -> Iterator[str]:
    parameters = [one.arg for one in function.args.args]
    if isinstance(given, ast.Constant):
        yield given.value
    elif isinstance(given, ast.JoinedStr):
        yield from MADE_UP[ast.unparse(given)]
    elif isinstance(given, ast.Name) and given.id in parameters:
        place = parameters.index(given.id)
        for caller in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]:
            for call in calls_of(caller, function.name):
                yield from acts_of(call.args[place], caller, tree)
    else:
        table = ast.unparse(given).partition("[")[0]
        (value,) = [
            node.value for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == table
        ]
        yield from [value.value] if isinstance(value, ast.Constant) else [one.value for one in value.values]


def test_every_act_that_code_records_has_words_and_no_other():
    files = [path for root in ("portal", "marketplace", "tenants") for path in (ROOT / root).rglob("*.py")]
    recorded = {act for path in files if "history.record" in path.read_text() for act in acts_in(path)}
    assert recorded == set(vocabulary.words("ACTS"))


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_no_two_acts_read_the_same(language):
    with translation.override(language):
        words = [str(word) for word in vocabulary.words("ACTS").values()]
    assert sorted(words) == sorted(set(words))


def test_every_act_reads_as_chinese():
    with translation.override("zh-hans"):
        assert [act for act, word in vocabulary.words("ACTS").items() if str(word).isascii()] == []


@pytest.mark.django_db
def test_amounts_are_yuan_times_are_beijings_and_people_have_names(shanxi):
    finance, told_of = staff("finance", Role.FINANCE), staff("zhang")
    with in_province("shanxi"), translation.override("zh-hans"):
        facts = {"price_u": 3_000_000, "ends_at": "2026-11-26T17:00:00+00:00", "staff": True, "user": told_of.pk}
        record = history.record("offer.priced", finance, by=finance, role="owner", odd="kept", **facts)
        (named,), (nameless,) = told([record], named=True), told([record], named=False)
    assert (str(named.act), str(named.kind), named.actor, named.subject) == ("已设定价格", "人员", "Finance", "Finance")
    assert {str(name): str(value) for name, value in named.facts} == {
        "单价": "¥3.00",
        "到期时间": '<time datetime="2026-11-27T01:00:00+08:00">2026-11-27 01:00:00</time>',
        "由工作人员操作": "是",
        "人员": "Zhang",
        "角色": "负责人",
        "odd": "kept",
    }
    assert (nameless.actor, nameless.subject, str(nameless.actor_kind)) == ("", "", "人员")
    assert str(told_of.pk) in [str(value) for _name, value in nameless.facts]


@pytest.mark.django_db
def test_a_regulator_reads_what_happened_to_an_object_without_names(shanxi, client_at):
    operator = staff("operator")
    history.record("province.suspended", shanxi, by=operator)
    pages = {}
    for user in (operator, staff("regulator", Role.REGULATOR)):
        client = sign_in(client_at(), user, second_factor=True)
        client.cookies["django_language"] = "en"
        pages[user] = client.get(f"/staff/tenants/province/{shanxi.pk}/history/").content.decode()
    for html in pages.values():
        assert 'province suspended<span class="sub">province.suspended</span>' in html
    named, nameless = (html.split("<tbody>")[1].split("</tbody>")[0] for html in pages.values())
    assert "<td>Operator<span" in named
    assert "<td>person<span" in nameless


def test_what_acts_are_recorded_of_has_words():
    own = [model for model in apps.get_models() if model.__module__.startswith(("portal.", "marketplace.", "tenants."))]
    named = {*vocabulary.words("OBJECTS"), *vocabulary.words("OTHER_OBJECTS")}
    assert {model._meta.label_lower for model in own} - named == NO_SUBJECTS
