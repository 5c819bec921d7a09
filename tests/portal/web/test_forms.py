"""How forms are drawn: label, help, error, input, in this order, tied together for assistive technology."""

import re

import pytest
from django import forms
from django.utils.translation import override

from portal.web.forms import Chips, ChipsMultiple, ChoiceList, NumberWithUnit, Ticks


class Request(forms.Form):
    card = forms.ChoiceField(
        choices=[("b3", "910B3"), ("b4", "910B4")], widget=ChoiceList(facts={"b3": {"note": "64 GB", "value": "¥2.18"}})
    )
    cards = forms.IntegerField(help_text="One to a hundred.", min_value=1, widget=NumberWithUnit(unit="cards"))
    spread = forms.ChoiceField(choices=[("any", "Anywhere"), ("site", "One site")], widget=Chips)
    cities = forms.MultipleChoiceField(choices=[("bj", "Beijing")], required=False, widget=ChipsMultiple)
    vendors = forms.MultipleChoiceField(choices=[("hw", "Huawei")], required=False, widget=Ticks(counts={"hw": 1204}))
    note = forms.CharField(required=False, widget=forms.Textarea)
    agreed = forms.BooleanField(label="I agree")
    token = forms.CharField(widget=forms.HiddenInput)


class Plain(forms.Form):
    name = forms.CharField(max_length=10)


@pytest.fixture(autouse=True)
def english():
    with override("en"):
        yield


def test_help_and_error_stand_between_label_and_input_and_are_named_by_it():
    html = str(Request({"cards": "0"})["cards"].as_field_group())
    places = [html.index(part) for part in ("<label", 'id="id_cards_helptext"', 'id="id_cards_error"', "<input")]
    assert places == sorted(places)
    assert 'aria-describedby="id_cards_helptext id_cards_error"' in html
    assert 'aria-invalid="true"' in html
    assert "<span>cards</span>" in html


def test_every_description_that_an_input_names_exists():
    html = str(Request({"cards": "0"}))
    ids = set(re.findall(r'\bid="([^"]+)"', html))
    named = {one for names in re.findall(r'aria-describedby="([^"]+)"', html) for one in names.split()}
    assert named
    assert named <= ids


def test_the_summary_at_the_top_links_each_fault_to_its_field():
    html = str(Request({"cards": "0", "token": "x"}))
    links = re.findall(r'<a href="#([^"]+)">', html)
    assert links == ["id_card", "id_cards", "id_spread", "id_agreed"]
    assert set(links) <= set(re.findall(r'\bid="([^"]+)"', html))
    assert "4 answers need a correction" in html
    assert html.index('role="alert"') < html.index("<legend")


def test_an_unsent_form_accuses_nobody():
    assert "alert" not in str(Request())


def test_a_fault_of_the_whole_form_is_said_without_counting_fields():
    class Refusing(Plain):
        def clean(self):
            raise forms.ValidationError("The name is taken; nothing was saved.")

    html = str(Refusing({"name": "x"}))
    assert "The name is taken; nothing was saved." in html
    assert "need" not in html


def test_marks_stand_only_where_a_form_asks_for_both_kinds():
    assert str(Request()).count('class="opt"') == 3
    assert str(Request()).count('class="must"') == 3
    assert 'class="must"' not in str(Plain())


def test_plain_inputs_carry_their_style_and_keep_their_own_class():
    class Styled(forms.Form):
        name = forms.CharField(widget=forms.TextInput(attrs={"class": "wide"}))
        kind = forms.ChoiceField(choices=[("a", "A")])
        text = forms.CharField(widget=forms.Textarea)

    html = str(Styled())
    assert 'class="wide input"' in html
    assert 'class="select"' in html
    assert 'class="area"' in html


def test_chips_choices_and_ticks_keep_their_choice():
    html = str(Request({"card": "b3", "spread": "site", "vendors": ["hw"]}))
    checked = re.findall(r'value="([^"]+)"[^>]*checked', html)
    assert checked == ["b3", "site", "hw"]
    assert '<label class="chip" for="id_spread_1">' in html
    assert re.search(r"<b>910B3</b><span class=\"quiet\">64 GB</span>", html)
    assert '<span class="quiet">1,204</span>' in html


def test_one_check_box_is_a_tick_with_its_label_beside_it():
    html = str(Request()["agreed"].as_field_group())
    assert '<label class="tick" for="id_agreed"><input type="checkbox"' in html


def test_labels_and_values_are_escaped():
    class Bad(forms.Form):
        name = forms.CharField(label="<b>x</b>")

    html = str(Bad({"name": '"><script>'}))
    assert "<script>" not in html
    assert "<b>x</b>" not in html


def test_nothing_carries_style_or_script():
    assert not re.search(r"style=|on\w+=|<script", str(Request({"cards": "0"})))
