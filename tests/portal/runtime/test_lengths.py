"""Under a WSGI server a body without a length is read; one that is too large is refused."""

import io

import pytest
from django.core.exceptions import RequestDataTooBig

from portal.runtime.web.lengths import Counted, with_length


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
