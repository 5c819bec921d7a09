"""Error pages stand without database, session and user: no test here asks for a database."""

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseNotAllowed
from django.test import RequestFactory
from django.utils.translation import override

from portal.web import errors
from portal.web.middleware import RefusalMiddleware
from tenants.acts import Refusal

BARE = RequestFactory().get("/somewhere/")
"""A request that no middleware has seen: no user, no session, no tenant."""


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("kind", errors.WORDS)
def test_each_page_says_what_happened_what_did_not_and_what_to_do(kind, language):
    status = {"csrf": 403, "lost": 503}.get(kind, kind)
    with override(language):
        answer = errors.render_error(BARE, status, kind=kind)
        html = answer.content.decode()
        what, unchanged, next_step = errors.WORDS[kind]
        assert answer.status_code == status
        for sentence in (what, unchanged, next_step):
            assert str(sentence) in html.replace("&#x27;", "'").replace("&quot;", '"')
    with override("en" if language == "zh-hans" else "zh-hans"):
        assert str(what) in html


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (errors.bad_request(BARE, ValueError()), 400),
        (errors.permission_denied(BARE, PermissionDenied()), 403),
        (errors.csrf_failure(BARE), 403),
        (errors.page_not_found(BARE, Http404()), 404),
        (errors.too_many_requests(BARE), 429),
        (errors.server_error(BARE), 500),
    ],
)
def test_the_handlers_answer_with_their_status(answer, status):
    assert answer.status_code == status


def test_a_refused_right_says_its_own_sentence_escaped():
    html = errors.permission_denied(BARE, PermissionDenied("Only <buyers> may buy.")).content.decode()
    assert "Only &lt;buyers&gt; may buy." in html


def test_a_status_without_words_of_its_own_borrows_them():
    with override("en"):
        assert "A fault on our side" in errors.render_error(BARE, 502).content.decode()
        assert "This was not done" in errors.render_error(BARE, 422).content.decode()


def test_the_page_asks_nothing_from_other_hosts_and_carries_no_script():
    html = errors.server_error(BARE).content.decode()
    assert "<script" not in html
    assert "style=" not in html
    assert 'http-equiv="refresh"' not in html


def test_a_chosen_appearance_holds_on_error_pages_too():
    request = RequestFactory().get("/")
    request.COOKIES["theme"] = "dark"
    assert 'data-theme="dark"' in errors.page_not_found(request, Http404()).content.decode()


def refuse(request, error):
    return RefusalMiddleware(lambda request: None).process_exception(request, error)


def test_a_refusal_that_leaves_a_view_becomes_the_page_with_its_sentence():
    answer = refuse(BARE, Refusal("No card was left; nothing was bought.", "no_longer_free"))
    assert answer.status_code == 409
    assert "No card was left; nothing was bought." in answer.content.decode()


def test_for_htmx_a_refusal_is_a_notice_at_the_top_of_the_page():
    request = RequestFactory().get("/", headers={"HX-Request": "true"})
    answer = refuse(request, Refusal("No <card> was left.", status=409))
    html = answer.content.decode()
    assert answer.status_code == 409
    assert answer["HX-Retarget"] == "#notices"
    assert 'role="alert"' in html
    assert "No &lt;card&gt; was left." in html
    assert "<html" not in html


def test_other_faults_are_left_to_django():
    assert refuse(BARE, ValueError("x")) is None


class TestWrongMethod:
    def test_an_empty_answer_becomes_one_that_says_what_to_do(self):
        answer = RefusalMiddleware(lambda request: HttpResponseNotAllowed(["POST"]))(BARE)
        assert (answer.status_code, answer["Allow"]) == (405, "POST")
        assert str(errors.WORDS[405][1]) in answer.content.decode()

    @pytest.mark.parametrize("answer", [HttpResponseNotAllowed(["POST"], b"told"), HttpResponse("")])
    def test_others_stay_as_they_are(self, answer):
        assert RefusalMiddleware(lambda request: answer)(BARE) is answer
