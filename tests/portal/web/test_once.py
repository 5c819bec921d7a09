"""Parts that are drawn once: for whom, until when, and what they cannot hold."""

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.utils.safestring import SafeString
from django.utils.translation import override

from portal.web.templatetags import once


class Counted:
    """Says how often it was drawn."""

    def __init__(self) -> None:
        self.times = 0

    def __str__(self) -> str:
        self.times += 1
        return "drawn"


def drawn(page: Template, **values: object) -> str:
    return page.render(Context(values))


def test_the_same_values_are_drawn_once():
    page, counted = Template("{% load once %}{% once one=one %}{{ one }}{% endonce %}"), Counted()
    assert [drawn(page, one=counted) for _time in range(3)] == ["drawn"] * 3
    assert counted.times == 1


def test_other_values_and_another_language_are_drawn_anew():
    page = Template("{% load i18n once %}{% once one=one %}{% translate 'Filters' %} {{ one }}{% endonce %}")
    with override("en"):
        assert (drawn(page, one=1), drawn(page, one=2), drawn(page, one=1)) == ("Filters 1", "Filters 2", "Filters 1")
    with override("zh-hans"):
        assert drawn(page, one=1) == "筛选 1"


def test_what_is_not_named_is_not_seen():
    page = Template("{% load once %}{% once one=one %}{{ one }}{{ user }}{{ request.path }}{% endonce %}{{ user }}")
    assert drawn(page, one=1, user="me", request={"path": "/mine/"}) == "1me"


def test_values_are_escaped_as_elsewhere():
    assert drawn(Template("{% load once %}{% once one=one %}{{ one }}{% endonce %}"), one="<b>") == "&lt;b&gt;"


def test_text_that_is_safe_does_not_stand_for_the_same_text_that_is_not():
    page = Template("{% load once %}{% once one=one %}{{ one }}{% endonce %}")
    assert drawn(page, one=SafeString("<b>")) == "<b>"
    assert drawn(page, one="<b>") == "&lt;b&gt;"
    assert (drawn(page, one=True), drawn(page, one=1)) == ("True", "1")


@pytest.mark.parametrize("inside", ["{% csrf_token %}", "{% block body %}{% endblock %}"])
def test_what_belongs_to_one_visitor_or_another_page_is_refused(inside):
    with pytest.raises(TemplateSyntaxError, match="holds no block and no csrf_token"):
        Template("{% load once %}{% once %}" + inside + "{% endonce %}")


def test_ever_new_values_do_not_fill_the_memory(monkeypatch):
    monkeypatch.setattr(once, "MOST_KEPT", 3)
    page = Template("{% load once %}{% once one=one %}{{ one }}{% endonce %}")
    assert [drawn(page, one=number) for number in range(10)] == [str(number) for number in range(10)]
    (node,) = page.nodelist.get_nodes_by_type(once.OnceNode)
    assert len(node.kept) <= 3


class Owner:
    def __init__(self) -> None:
        self.drawn: dict[object, str] = {}


def test_what_is_drawn_of_an_object_is_kept_with_it():
    page, counted = Template("{% load once %}{% once of=owner one=one %}{{ one }}{% endonce %}"), Counted()
    first, second = Owner(), Owner()
    assert [drawn(page, owner=owner, one=counted) for owner in (first, first, second)] == ["drawn"] * 3
    assert counted.times == 2
    assert [list(owner.drawn.values()) for owner in (first, second)] == [["drawn"], ["drawn"]]
    (node,) = page.nodelist.get_nodes_by_type(once.OnceNode)
    assert node.kept == {}


def test_two_parts_of_one_object_do_not_stand_for_each_other():
    page = Template("{% load once %}{% once of=owner %}a{% endonce %}{% once of=owner %}b{% endonce %}")
    owner = Owner()
    assert [drawn(page, owner=owner), drawn(page, owner=owner)] == ["ab", "ab"]
