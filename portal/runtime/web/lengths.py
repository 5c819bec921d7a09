"""Bodies without a length (`Transfer-Encoding: chunked`), which Django would take for empty.

granian ends the stream where the body ends, and says so (`wsgi.input_terminated`). So the body is given the greatest
length that Django reads into memory, and what goes beyond it is refused while it is read.
"""

from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Counted:
    """The stream of a body, to be read to its end and not beyond the most."""

    def __init__(self, stream: Any, most: int) -> None:
        self.stream = stream
        self.left = most

    def read(self, size: int = -1) -> bytes:
        return self._counted(self.stream.read(self._most(size)))

    def readline(self, size: int = -1) -> bytes:
        return self._counted(self.stream.readline(self._most(size)))

    def _most(self, size: int) -> int:
        return self.left if size < 0 else min(size, self.left)

    def _counted(self, data: bytes) -> bytes:
        self.left -= len(data)
        if data and not self.left and self.stream.read(1):
            raise RequestDataTooBig("A body without a length is larger than what is read into memory.")
        return data


def with_length(application: Application) -> Application:
    def measured(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        chunked = "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()
        if chunked and not environ.get("CONTENT_LENGTH") and environ.get("wsgi.input_terminated"):
            most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
            environ["wsgi.input"] = Counted(environ["wsgi.input"], most)
            environ["CONTENT_LENGTH"] = str(most)
        return application(environ, start_response)

    return measured
