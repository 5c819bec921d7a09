"""Every component in each of its states."""

import re
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.core.paginator import Paginator
from django.template import Context, Template
from django.test import RequestFactory
from django.urls import set_urlconf
from django.utils.translation import override

from portal.web import glyphs

AT = datetime(2025, 8, 25, 6, 5, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def english():
    with override("en"):
        yield


def draw(markup: str, path: str = "/", **context: object) -> str:
    request = RequestFactory().get(path)
    html = Template("{% load portal_ui %}" + markup).render(Context({"request": request, **context}))
    return re.sub(r"\s+", " ", html).strip()


@pytest.mark.parametrize("tone", glyphs.TONES)
def test_a_state_has_sign_word_and_colour(tone):
    html = draw('{% state_pill tone "half done" %}', tone=tone)
    colour, _sign = glyphs.TONES[tone]
    assert f'class="state is-{colour}"' in html
    assert html.count("<svg") == 1
    assert "half done" in html


def test_each_tone_has_a_sign_or_colour_of_its_own():
    assert len(set(glyphs.TONES.values())) == len(glyphs.TONES)


def test_an_unknown_tone_is_an_error_not_a_grey_pill():
    with pytest.raises(KeyError):
        draw('{% state_pill "fine" "word" %}')


def test_an_icon_beside_a_word_is_silent_and_alone_has_a_name():
    assert 'aria-hidden="true"' in draw('{% icon "copy" %}')
    assert 'role="img" aria-label="Copy"' in draw('{% icon "copy" label="Copy" %}')


def test_icons_we_lack_come_from_lucide_as_bare_svg():
    html = draw('{% icon "mail" %}')
    assert html.startswith('<svg class="icon" viewBox="0 0 24 24"')
    assert "style=" not in html
    assert "width=" not in html.split(">")[0]


@pytest.mark.parametrize(
    "markup",
    [
        "{% state_pill 'ok' bad %}",
        "{% icon 'copy' label=bad %}",
        "{% notice 'bad' title=bad %}{{ bad }}{% endnotice %}",
        "{% sheet bad 'h' stamp=bad %}{{ bad }}{% endsheet %}",
        "{% scroll bad %}{{ bad }}{% endscroll %}",
        "{% fold bad %}{{ bad }}{% endfold %}",
        "{% figure bad bad unit=bad stamp=bad before=bad %}",
        "{% pair bad bad %}{% fact bad bad %}",
        "{% empty bad text=bad exit=bad url='/' %}",
        "{% crumbs bad '/' bad %}",
        "{% steps 1 bad bad %}",
        "{% hidden_fields values %}",
        "{% rods lots bad %}{% checklist items %}{% trail items %}",
    ],
)
def test_components_escape_what_people_wrote(markup):
    bad = '<script>"x"</script>'
    item = {
        "letter": "A",
        "cards": 1,
        "caption": bad,
        "tone": "ok",
        "text": bad,
        "sentence": bad,
        "stamp": bad,
        "at": AT,
    }
    html = draw(markup, bad=bad, values={bad: bad}, lots=[item], items=[item])
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize(("role", "said"), [("alert", ' role="alert"'), ("status", ' role="status"'), ("", "")])
def test_a_notice_keeps_its_block_and_says_its_role(role, said):
    html = draw('{% notice "warn" title="Four left" role=role %}<p>Take care.</p>{% endnotice %}', role=role)
    assert html.startswith(f'<div class="notice is-wait"{said}><svg')
    assert "<h2>Four left</h2><p>Take care.</p>" in html


def rods_in(html: str) -> int:
    return len(re.findall(r"v32", html))


@pytest.mark.parametrize("cards", [1, 6, 20, 21, 64])
def test_one_rod_stands_for_one_card(cards):
    html = draw('{% rods lots "Cards" %}', lots=[{"letter": "B", "cards": cards, "caption": "cards", "open": True}])
    assert '<li class="lot-b open">' in html
    assert rods_in(html) == cards


def test_a_bundle_of_a_thousand_cards_stays_a_drawing():
    html = draw('{% rods lots "Cards" %}', lots=[{"letter": "A", "cards": 1024, "caption": "1,024 cards"}])
    assert rods_in(html) == 240
    assert "1,024 cards" in html


def test_letters_have_five_colours_in_turn():
    assert draw("{% for l in ls %}{{ l|lot_class }} {% endfor %}", ls="AEFé") == "lot-a lot-e lot-a lot-a"


def test_steps_tell_done_present_and_to_come():
    html = draw('{% steps 2 "Configure" "Check" "Activate" %}')
    assert re.findall(r"<li([^>]*)>", html) == [' class="done"', ' aria-current="step"', ""]


def test_a_trail_tells_time_sign_and_sentence():
    html = draw(
        "{% trail entries %}", entries=[{"at": AT, "tone": "unknown", "sentence": "No answer.", "stamp": "network"}]
    )
    assert '<li class="is-unknown">' in html
    assert ">14:05:12</time>" in html
    assert 'No answer.<span class="stamp">network</span>' in html


def test_a_lane_shows_its_five_steps():
    steps = [{"tone": tone, "name": f"Step {tone}", "text": "0.2 s"} for tone in ("ok", "ok", "run", "plan", "plan")]
    lot = {
        "letter": "C",
        "title": "Datong",
        "cards_text": "10 cards",
        "tone": "run",
        "state": "activating",
        "steps": steps,
    }
    html = draw("{% lane lot %}", lot=lot)
    assert '<article class="lane lot-c">' in html
    assert re.findall(r'<li class="([^"]*)">', html) == ["is-ok", "is-ok", "is-run", "is-off", "is-off"]


def test_a_checklist_links_what_can_be_done_next():
    items = [
        {"tone": "ok", "text": "Verified"},
        {"tone": "wait", "text": "Top up", "url": "/wallet/", "note": "by finance"},
    ]
    html = draw("{% checklist items %}", items=items)
    assert '<a href="/wallet/">Top up</a>' in html
    assert html.count("<a ") == 1


def test_crumbs_end_with_the_page_itself():
    html = draw('{% crumbs "Overview" "/" "My orders" "/purchases/" "P-1" %}')
    assert re.findall(r'href="([^"]*)"', html) == ["/", "/purchases/"]
    assert '<li aria-current="page">P-1</li>' in html


def test_a_pager_keeps_the_other_parameters_and_says_the_range():
    page = Paginator(range(45), 20).page(2)
    html = draw("{% pager page %}", "/?q=910&page=2&card=a&card=b", page=page)
    assert "21 to 40 of 45" in html
    assert '<a rel="next" href="?q=910&amp;card=a&amp;card=b&amp;page=3">' in html
    assert html.count('aria-current="page"') == 1


def test_a_single_page_has_no_links():
    html = draw("{% pager page %}", page=Paginator(range(3), 20).page(1))
    assert "1 to 3 of 3" in html
    assert "<a " not in html


def test_figures_pairs_and_bars():
    assert draw('{% figure "Free" "12" unit="cards" stamp="14:05" before="over" %}') == (
        '<div class="figure"><dt>Free</dt><dd class="value"><span class="unit pre">over</span>12'
        '<span class="unit">cards</span></dd><dd class="stamp">14:05</dd></div>'
    )
    assert draw('{% pair "To pay" "¥4.17" total=True %}') == '<div class="total"><dt>To pay</dt><dd>¥4.17</dd></div>'
    assert '<rect width="25.0" height="8"/>' in draw("{% bar 5 20 %}")
    assert '<rect width="0" height="8"/>' in draw("{% bar 5 0 'demand' %}")


@pytest.mark.parametrize(("share", "text"), [("0.784", "78.4%"), ("0.71", "71%"), (None, "no data"), (0, "0%")])
def test_a_share_is_written_in_percent(share, text):
    assert draw("{{ share|percent }}", share=share) == text


def test_national_addresses_carry_the_host_only_from_a_province():
    template = Template('{% load portal_ui %}{% national_url "overview:ranking" %}')
    set_urlconf(settings.PUBLIC_SCHEMA_URLCONF)
    assert template.render(Context()) == "/ranking/"
    set_urlconf(None)
    assert template.render(Context()) == "http://portal.localhost:8000/ranking/"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (X11) AppleWebKit/537.36 Chrome/120 Safari/537.36 Edg/120", "Edge"),
        ("Mozilla/5.0 (X11; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox"),
        ("curl/8.1", "curl"),
        ("", "no data"),
    ],
)
def test_a_browser_is_called_by_its_everyday_name(agent, name):
    assert draw("{{ agent|browser_name }}", agent=agent) == name
