"""A body without a length, sent straight to the web process, is read; one that is too large is refused."""

import http.client
import io
import json

import pytest
from django.conf import settings
from django.core.exceptions import RequestDataTooBig

from portal.runtime.web.lengths import Counted, with_length

MOST = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
LARGE = b'{"a":"' + b"a" * (MOST + 1) + b'"}'


class TestCounting:
    def test_a_body_is_read_to_its_end(self):
        assert Counted(io.BytesIO(b"abc"), 10).read() == b"abc"
        assert Counted(io.BytesIO(b"a\nb"), 10).readline() == b"a\n"
        assert Counted(io.BytesIO(b"abc"), 3).read() == b"abc"

    @pytest.mark.parametrize("size", [-1, 3, 4, 100])
    def test_no_further_than_the_most(self, size):
        with pytest.raises(RequestDataTooBig):
            Counted(io.BytesIO(b"abcd"), 3).read(size)

    @pytest.mark.parametrize(
        "environ",
        [
            {"CONTENT_LENGTH": "3", "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True},
            {"HTTP_TRANSFER_ENCODING": "chunked"},
            {"wsgi.input_terminated": True},
        ],
    )
    def test_what_has_a_length_or_no_body_is_left_as_it_is(self, environ):
        seen = {}
        with_length(lambda given, start: seen.update(given) or [])(dict(environ), None)
        assert seen == environ


@pytest.mark.processes
class TestARealWebProcess:
    def send(self, portal, body: bytes, path: str = "/api/v1/quotes/") -> tuple[int, dict]:
        connection = http.client.HTTPConnection("127.0.0.1", portal.port, timeout=30)
        sent = {"Content-Type": "application/json", "Accept-Language": "en", "Transfer-Encoding": "chunked"}
        chunks = [body[at : at + 100_000] for at in range(0, len(body), 100_000)]
        try:
            connection.request("POST", path, iter(chunks), sent, encode_chunked=True)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def test_a_body_is_understood(self, live_portal):
        status, told = self.send(live_portal, b'{"card_model": "x", "cards": 1, "hours": 1}')
        assert (status, [one["pointer"] for one in told["errors"]]) == (422, ["/card_model"])

    @pytest.mark.parametrize("path", ["/api/v1/quotes/", "/agent/v1/enrol"])
    def test_a_large_one_is_refused_with_a_sentence(self, live_portal, path):
        status, told = self.send(live_portal, LARGE, path)
        assert (status, told["detail"]) == (413, "The body is larger than 2.5 MB. Nothing was done.")
