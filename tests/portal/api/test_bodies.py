"""What is sent is read by one reader: too deep, too large, twice or no text at all is told, never a fault of ours."""

import json

import pytest

from portal.api import bodies
from tests.market import buyer
from tests.portal.api.knocking import key_of, member, problem, program, visitor

pytestmark = pytest.mark.django_db
QUOTES = "/api/v1/quotes/"


def send(data: bytes | str, content_type: str = "application/json"):
    return visitor().post(QUOTES, data, content_type=content_type)


def errors(answer) -> list[tuple[str, str]]:
    assert problem(answer) == (422, "invalid")
    return [(one["pointer"], one["code"]) for one in answer.json()["errors"]]


@pytest.mark.parametrize("deep", [21, 1_500, 50_000, 1_000_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_a_body_nested_too_deep(deep, opening, closing):
    middle = "1" if opening != "[" else ""
    text = '{"provinces":' + opening * deep + middle + closing * deep + "}"
    if len(text) <= bodies.MOST_BYTES:
        assert problem(send(text)) == (400, "too_deep")
    text = '{"provinces":' + opening * deep
    if len(text) <= bodies.MOST_BYTES:
        assert problem(send(text)) in [(400, "too_deep"), (400, "parse_error")]


def test_twenty_deep_is_read():
    text = '{"provinces":' + "[" * 19 + "]" * 19 + "}"
    assert ("/provinces/0", "invalid") in errors(send(text))


def test_a_body_beyond_two_and_a_half_megabytes():
    assert problem(send(b'{"a": "' + b"a" * bodies.MOST_BYTES + b'"}')) == (413, "too_large")
    assert problem(send(b" " * (bodies.MOST_BYTES - 1) + b"{")) == (400, "parse_error")


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "multipart/x"]
)
def test_a_form_is_not_taken_however_large(kind):
    """The sign-in of the pages looks for its token in it."""
    client = member(buyer(0).user, enforce_csrf_checks=True)
    client.cookies["csrftoken"] = "a" * 32
    for data in ("&".join(f"a{n}=1" for n in range(1_001)), "a=" + "a" * bodies.MOST_BYTES, "x"):
        answer = client.post("/api/v1/purchases/", data, content_type=kind)
        assert problem(answer) in [(415, "unsupported_media_type"), (403, "csrf")]


@pytest.mark.parametrize("path", ["/api/v1/offers/", "/api/v1/card-models/", "/api/v1/", "/api/schema/"])
def test_more_parameters_than_are_read(path):
    answer = visitor().get(path + "?" + "&".join(f"a{number}=1" for number in range(1_001)))
    assert problem(answer) == (400, "too_many_parameters")


@pytest.mark.parametrize("body", ["[]", '"text"', "7", "null", "true", "[null]"])
@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "The body must be a JSON object, names and values in braces. Nothing was done."),
        ("zh-CN", "请求体须是 JSON 对象，名称和值写在花括号里。什么都没有做。"),
    ],
)
def test_json_that_is_no_object_is_told_in_our_words(body, language, sentence):
    answer = visitor().post(QUOTES, body, content_type="application/json", headers={"accept-language": language})
    assert problem(answer) == (422, "invalid")
    assert answer.json()["detail"] == sentence


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ('{"card_model": "a\\u0000b"}', ["/card_model"]),
        ('{"provinces": ["shanxi", "\\u0000"]}', ["/provinces/1"]),
        ('{"a\\u0000": 1}', ["/a\N{REPLACEMENT CHARACTER}"]),
        ('{"card_model": "\\ud800"}', ["/card_model"]),
        ('{"card_model": {"a": ["\\udfff"], "b": 1}}', ["/card_model/a/0"]),
    ],
)
def test_a_text_that_cannot_be_stored_is_named_where_it_stands(body, pointers):
    assert errors(send(body)) == [(pointer, "unstorable") for pointer in pointers]


def test_a_pair_of_surrogates_is_a_character():
    assert bodies.read(b'{"a": "\\ud83d\\ude00 \\\\u0000"}') == {"a": "😀 \\u0000"}


def test_a_name_that_stands_there_twice_is_refused():
    assert errors(send('{"cards": 1, "cards": 2, "hours": 1}')) == [("/cards", "twice")]
    assert errors(send(json.dumps({f"a{n}": 1 for n in range(100_000)})[:-1] + ', "a0": 1}')) == [("/a0", "twice")]


def test_a_byte_order_mark_is_no_fault():
    assert ("/card_model", "required") in errors(send(b"\xef\xbb\xbf{}"))


def test_of_very_many_faults_a_hundred_are_named_and_all_counted():
    answer = send(json.dumps({f"a{number}": 1 for number in range(5_000)}))
    assert problem(answer) == (422, "invalid")
    assert len(answer.json()["errors"]) == 100
    assert answer.json()["detail"] == "5003 fields were not understood. Nothing was done."


def test_a_value_of_a_megabyte_is_not_sent_back():
    answer = send(json.dumps({"card_model": "x" * 1_000_000, "cards": "y" * 1_000_000, "hours": 1, "z" * 9_999: 1}))
    assert problem(answer) == (422, "invalid")
    assert len(answer.content) < 5_000


@pytest.mark.parametrize("value", ["8,50", "1_0", "1e1", "0x10", True, [], {}, "１,0", "4.5"])
def test_a_number_is_read_as_in_files_and_forms(value):
    assert ("/cards", "invalid") in errors(send(json.dumps({"cards": value})))


@pytest.mark.parametrize("value", [4, 4.0, "4", "4.00", "４"])
def test_what_everybody_reads_as_four(value):
    assert "/cards" not in {pointer for pointer, _code in errors(send(json.dumps({"cards": value})))}


def test_a_list_is_counted_before_anything_in_it_is_looked_up(django_assert_num_queries):
    body = {"card_model": "x", "cards": 1, "hours": 1, "provinces": ["mars"] * 50_000}
    client = visitor()
    client.post(QUOTES, {}, content_type="application/json")
    with django_assert_num_queries(2):  # the allowance and the card model
        answer = client.post(QUOTES, body, content_type="application/json")
    assert ("/provinces", "max_length") in errors(answer)


@pytest.mark.parametrize("number", [1, 40])
def test_provinces_are_looked_up_all_at_once(django_assert_num_queries, number):
    body = {"card_model": "x", "cards": 1, "hours": 1, "provinces": ["mars"] * number}
    client = visitor()
    client.post(QUOTES, {}, content_type="application/json")
    with django_assert_num_queries(3):
        answer = client.post(QUOTES, body, content_type="application/json")
    assert errors(answer)[1:] == [(f"/provinces/{place}", "does_not_exist") for place in range(number)]


def test_keys_are_told_the_same():
    who = buyer(0)
    robot = program(key_of(who.organisation, who.user)[1])
    answer = robot.post(
        "/api/v1/purchases/", "[" * 1_500, content_type="application/json", headers={"idempotency-key": "k"}
    )
    assert problem(answer) == (400, "too_deep")
