"""The agent's side of the wire: signed JSON to the portal's doors, errors as sentences."""

import json
from typing import Any
from urllib.parse import urlsplit

import httpx

from marketplace.site_agent import VERSION, signing
from marketplace.site_agent.enrolments import Enrolment
from marketplace.site_agent.problems import Problem

DOORS = "/agent/v1/"
MOST_WAIT_SECONDS = 25
ANSWER_WITHIN_SECONDS = 15.0
MOST_RETRY_SECONDS = 60.0
MOST_BYTES, PART_BYTES = 8 * 1024 * 1024, 64 * 1024
"""Of an answer of the portal that is read at all, and at once."""
LOOPBACK_DOMAIN = ".localhost"


class Refused(Exception):
    """The portal answered and said no; the text is its own sentence."""

    def __init__(self, status: int, code: str, sentence: str, register: dict[str, Any] | None = None) -> None:
        super().__init__(sentence)
        self.status, self.code = status, code
        self.register = register or {}
        """The right register, where a report named pools that are not in it."""


class Unreachable(Exception):
    """The portal did not answer, or not as a portal."""

    def __init__(self, sentence: str, after: float = 0.0) -> None:
        super().__init__(sentence)
        self.after = after
        """Seconds that the portal asks to wait before the next try."""


class Portal:
    """Doors of one portal, shared by all its enrolments and threads."""

    def __init__(self, url: str, connections: int = 20) -> None:
        self.base, self._host = _reachable(url)
        self._http = httpx.Client(
            timeout=httpx.Timeout(ANSWER_WITHIN_SECONDS),
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
            headers={"User-Agent": f"suanli-agent/{VERSION}", **self._host},
            trust_env=True,
        )

    def enrol(self, code: str, public_key: str, name: str) -> dict[str, Any]:
        body = {"code": code, "public_key": public_key, "name": name, "agent_version": VERSION}
        return self._post("enrol", body, None, ANSWER_WITHIN_SECONDS)

    def lease(
        self,
        enrolment: Enrolment,
        health: dict[str, Any],
        capacity: list[dict[str, Any]],
        occupied: list[dict[str, Any]],
        wait: int,
    ) -> Any:
        """Report, and wait up to `wait` seconds for commands."""
        for row in capacity:
            row["occupied"] = [
                {"token": lease["token"], "cards": lease["cards"]} for lease in occupied if lease["pool"] == row["pool"]
            ]
        body = {"agent_version": VERSION, "health": health, "capacity": capacity, "wait_seconds": wait}
        body["register"] = enrolment.register
        return self._post("lease", body, enrolment, wait + ANSWER_WITHIN_SECONDS)

    def results(self, enrolment: Enrolment, results: list[dict[str, Any]]) -> dict[str, Any]:
        return self._post("results", {"results": results}, enrolment, ANSWER_WITHIN_SECONDS)

    def usage(self, enrolment: Enrolment, usage: list[dict[str, Any]]) -> dict[str, Any]:
        return self._post("usage", {"usage": usage}, enrolment, ANSWER_WITHIN_SECONDS)

    def close(self) -> None:
        self._http.close()

    def _post(self, door: str, body: Any, signer: Enrolment | None, timeout: float) -> dict[str, Any]:
        """Raises `Refused` with the portal's sentence, or `Unreachable`."""
        content = json.dumps(body, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", "Accept": "application/json", "Accept-Encoding": "identity"}
        if signer is not None:
            headers |= signing.headers_for(signer.private_key, signer.key_id, "POST", DOORS + door, content)
        url = self.base + DOORS + door
        try:
            with self._http.stream("POST", url, content=content, headers=headers, timeout=timeout) as answer:
                return _read(answer)
        except (httpx.HTTPError, RuntimeError) as error:
            raise Unreachable(f"{self.base} did not answer ({type(error).__name__})") from None


def _read(answer: httpx.Response) -> dict[str, Any]:
    content = b""
    for part in answer.iter_bytes(PART_BYTES):
        content += part
        if len(content) > MOST_BYTES:
            raise Unreachable(f"{answer.url.host} answered with more than {MOST_BYTES} bytes")
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise Unreachable(f"{answer.url.host} answered {answer.status_code} without a word a portal would say")
    if answer.is_success:
        return body
    sentence = str(body.get("detail") or body.get("title") or answer.reason_phrase)
    if answer.status_code >= 500:
        raise Unreachable(f"{answer.url.host} answered {answer.status_code}: {sentence}", _retry_after(answer))
    code, alternatives = str(body.get("code", "")), body.get("alternatives") or [{}]
    raise Refused(answer.status_code, code, sentence, alternatives[0] if code == "unknown_pool" else None)


def _retry_after(answer: httpx.Response) -> float:
    text = answer.headers.get("Retry-After", "")
    return min(float(text), MOST_RETRY_SECONDS) if text.isdecimal() else 0.0


def check_address(url: str) -> str:
    """The portal's address without the closing slash. Raises `Problem` if it is none."""
    wrong = Problem(f"{url} is not the address of a portal: write it like https://portal.example.cn.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise wrong from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0 or parts.path.strip("/"):
        raise wrong
    if parts.scheme == "http" and not is_loopback(url):
        raise Problem(f"{url} is not encrypted. Outside this machine the agent speaks https only.")
    return f"{parts.scheme}://{parts.netloc}"


def is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.endswith(LOOPBACK_DOMAIN) or host.startswith("127.")


def _reachable(url: str) -> tuple[str, dict[str, str]]:
    """`*.localhost` is this machine by RFC 6761, which many resolvers do not know: ask by address, name the host."""
    parts = urlsplit(url)
    if not (parts.hostname or "").endswith(LOOPBACK_DOMAIN):
        return url, {}
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://127.0.0.1{port}", {"Host": parts.netloc}
