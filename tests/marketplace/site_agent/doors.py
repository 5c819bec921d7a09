"""A small portal that speaks the agents' protocol over real HTTP, and can misbehave: repeat, reorder, forget, lose."""

import base64
import json
import queue
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from marketplace.site_agent.signing import signed_bytes

CODE = "shanxi.one-time"
RENEWAL = "shanxi.renewal"
"""A code for a new key of the agent that enrolled first."""
MODEL = "ascend-910b"
REPEAT_AFTER = 1.5
UNDERWAY = ("accepted", "progress")
SERIALS = ["n1-c1", "n1-c2", "n1-c3"]


class Doors:
    def __init__(self) -> None:
        self.keys: dict[str, bytes] = {}
        self.nonces: set[str] = set()
        self.polls: list[dict[str, Any]] = []
        self.results: list[dict[str, Any]] = []
        self.commands: queue.Queue[dict[str, Any]] = queue.Queue()
        self.refused: list[dict[str, str]] = []
        self.register: dict[str, Any] = {}
        """Version and pools that an agent with another version is told."""
        self.unknown: set[str] = set()
        """Pools that are not registered any more: a report that names one is refused."""
        self.others: list[str] = []
        """Pools of the provider that another agent serves."""
        self.put_off = 0
        """So many polls find no place to wait."""
        self.repeats = True
        self.may_declare = True
        """The portal is a sample world: it sells cards that nobody counts."""
        self._given: dict[str, tuple[dict[str, Any], float]] = {}
        self.lose_answers = 0
        """So many answers to final results are lost on the way, after the portal took them."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def command(self, verb: str, token: str, *, attempt: int = 1, serials: list[str] | None = None) -> dict[str, Any]:
        return {
            "id": str(uuid.uuid4()),
            "verb": verb,
            "token": token,
            "attempt": attempt,
            "pool": "cards",
            "serials": serials or SERIALS[:2],
            "card_model": MODEL,
            "order_number": "SX-1",
            "expires_at": None,
        }

    def order(self, verb: str, token: str, **facts: Any) -> dict[str, Any]:
        command = self.command(verb, token, **facts)
        self.commands.put(command)
        return command

    def final(self, command: dict[str, Any], seconds: float = 40, after: int = 0) -> dict[str, Any]:
        """The final answer to the command, `after` so many earlier ones."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = [row for row in self.results if row["command"] == command["id"] and row["status"] not in UNDERWAY]
            if len(found) > after:
                return found[after]
            time.sleep(0.02)
        raise AssertionError(f"No final answer to {command['verb']} within {seconds} s; got {self.results}")

    def ready(self, token: str, **facts: Any) -> dict[str, Any]:
        """Have a workspace set up and return the agent's word on it."""
        answer = self.final(self.order("apply", token, **facts))
        assert answer["status"] == "ready", answer
        return answer

    # -- what the handler calls ----------------------------------------------------------------------------------

    def enrol(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if body["code"] not in (CODE, RENEWAL):
            return 409, {"code": "bad_code", "detail": "This enrolment code is unknown, used or expired."}
        key_id = f"shanxi.{uuid.uuid4().hex[:24]}" if body["code"] == CODE else next(iter(self.keys))
        self.keys[key_id] = base64.b64decode(body["public_key"])
        pool = {"slug": "cards", "card_model": MODEL, "registered_cards": len(SERIALS), "serials": SERIALS}
        return 201, {
            "key_id": key_id,
            "province": "shanxi",
            "provider": "sample",
            "pools": [pool],
            "may_declare": self.may_declare,
            "others": self.others,
        }

    def lease(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.polls.append(body)
        if self.unknown & {row["pool"] for row in body["capacity"]}:
            return 422, {"code": "unknown_pool", "detail": "Not registered.", "alternatives": [self.register]}
        if self.put_off and body["wait_seconds"]:
            self.put_off -= 1
            return 503, {"code": "no_place_to_wait", "detail": "Poll again in 2 s."}
        deadline = time.monotonic() + min(body["wait_seconds"], 2)
        while not (commands := self._due()) and not self._news(body) and time.monotonic() < deadline:
            time.sleep(0.02)
        return 200, {"server_time": "", "commands": commands, "refused": self.refused, **self._news(body)}

    def _news(self, body: dict[str, Any]) -> dict[str, Any]:
        known = not self.register or body["register"] == self.register["register"]
        return {} if known else self.register

    def _due(self) -> list[dict[str, Any]]:
        """New commands, and those whose answer is overdue: the poll that took them may have been a dead agent's."""
        answered = {row["command"] for row in self.results}
        late = [
            command
            for command, given in self._given.values()
            if self.repeats and time.monotonic() - given > REPEAT_AFTER and command["id"] not in answered
        ]
        while not self.commands.empty():
            late.append(self.commands.get())
        self._given |= {command["id"]: (command, time.monotonic()) for command in late}
        return late

    def take(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.results += body["results"]
        if self.lose_answers and any(row["status"] not in UNDERWAY for row in body["results"]):
            self.lose_answers -= 1
            return 503, {"code": "unavailable", "detail": "The answer was lost."}
        return 200, {"taken": [row["command"] for row in body["results"]], "refused": []}

    def is_signed(self, headers: Any, path: str, content: bytes) -> bool:
        if headers["Suanli-Nonce"] in self.nonces:
            return False
        self.nonces.add(headers["Suanli-Nonce"])
        message = signed_bytes(
            "POST", path, headers["Suanli-Key"], headers["Suanli-Timestamp"], headers["Suanli-Nonce"], content
        )
        try:
            key = Ed25519PublicKey.from_public_bytes(self.keys[headers["Suanli-Key"]])
            key.verify(base64.b64decode(headers["Suanli-Signature"]), message)
        except (InvalidSignature, KeyError):
            return False
        return abs(time.time() - int(headers["Suanli-Timestamp"])) < 300


def _handler(doors: Doors) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            name = self.path.removeprefix("/agent/v1/")
            if name != "enrol" and not doors.is_signed(self.headers, self.path, content):
                self.answer(401, {"code": "signature", "detail": "The signature does not fit the request."})
                return
            act = {"enrol": doors.enrol, "lease": doors.lease, "results": doors.take}[name]
            self.answer(*act(json.loads(content)))

        def answer(self, status: int, body: dict[str, Any]) -> None:
            content = json.dumps(body).encode()
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                if status == 503:
                    self.send_header("Retry-After", "2")
                self.end_headers()
                self.wfile.write(content)
            except ConnectionError:
                self.close_connection = True

        def log_message(self, *words: object) -> None:
            pass

    return Handler
