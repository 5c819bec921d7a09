"""What the agent was asked and what it answered, in a file that survives kill -9 at any moment.

A command is written down before it is worked on, an answer before it is sent. So a restarted agent finishes
what it had begun, answers a repeated command with the same result, and refuses an older attempt.
"""

import json
import sqlite3
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marketplace.site_agent.problems import Problem

TABLES = """
CREATE TABLE IF NOT EXISTS lease (
    token TEXT PRIMARY KEY, key_id TEXT NOT NULL, attempt INTEGER NOT NULL, pool TEXT NOT NULL,
    serials TEXT NOT NULL, state TEXT NOT NULL CHECK (state IN ('idle', 'open', 'released')));
CREATE TABLE IF NOT EXISTS command (
    id TEXT PRIMARY KEY, key_id TEXT NOT NULL, token TEXT NOT NULL, verb TEXT NOT NULL, attempt INTEGER NOT NULL,
    body TEXT NOT NULL, answer TEXT);
CREATE INDEX IF NOT EXISTS command_of_token ON command (token, verb, attempt);
CREATE TABLE IF NOT EXISTS outbox (number INTEGER PRIMARY KEY AUTOINCREMENT, key_id TEXT NOT NULL, body TEXT NOT NULL);
"""
IDLE, OPEN, RELEASED = "idle", "open", "released"
"""Asked for and holding no card; holding its cards; gone for good."""
KEPT_RELEASED = 1000
"""Released leases whose answers are kept for a repeated command."""


@dataclass(frozen=True)
class Lease:
    token: str
    key_id: str
    attempt: int
    pool: str
    serials: list[str]
    released: bool


class Ledger:
    def __init__(self, state: Path) -> None:
        path = state / "agent.sqlite3"
        self._lock = threading.Lock()
        try:
            path.touch(mode=0o600)
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;" + TABLES)
        except (OSError, sqlite3.Error) as error:
            raise Problem(f"The agent's memory {path} cannot be used: {error}.") from None

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def lease(self, token: str) -> Lease | None:
        rows = self._all("SELECT token, key_id, attempt, pool, serials, state FROM lease WHERE token = ?", token)
        return _lease(rows[0]) if rows else None

    def open_leases(self) -> list[Lease]:
        return [
            _lease(row)
            for row in self._all("SELECT token, key_id, attempt, pool, serials, state FROM lease WHERE state = 'open'")
        ]

    def note_command(self, key_id: str, command: dict[str, Any]) -> None:
        """Write the command down, and its attempt as the newest of its token."""
        token, attempt = command["token"], command["attempt"]
        with self._lock, self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute(
                "INSERT OR IGNORE INTO command (id, key_id, token, verb, attempt, body) VALUES (?, ?, ?, ?, ?, ?)",
                (command["id"], key_id, token, command["verb"], attempt, json.dumps(command)),
            )
            self._db.execute(
                "INSERT INTO lease (token, key_id, attempt, pool, serials, state) VALUES (?, ?, ?, ?, ?, 'idle') "
                "ON CONFLICT (token) DO UPDATE SET attempt = max(attempt, excluded.attempt)",
                (token, key_id, attempt, command["pool"], json.dumps(command["serials"])),
            )

    def unanswered(self) -> list[tuple[str, dict[str, Any]]]:
        """Commands begun and not finished, oldest first, each with the key it came under."""
        rows = self._all("SELECT key_id, body FROM command WHERE answer IS NULL ORDER BY rowid")
        return [(key_id, json.loads(body)) for key_id, body in rows]

    def answer_to(self, token: str, verb: str, attempt: int) -> dict[str, Any] | None:
        rows = self._all(
            "SELECT answer FROM command WHERE token = ? AND verb = ? AND attempt = ? AND answer IS NOT NULL",
            *(token, verb, attempt),
        )
        return json.loads(rows[0][0]) if rows else None

    def occupy(self, token: str, pool: str, serials: list[str]) -> None:
        """From now on these cards serve this lease."""
        with self._lock, self._db:
            self._db.execute(
                "UPDATE lease SET state = 'open', pool = ?, serials = ? WHERE token = ? AND state <> 'released'",
                (pool, json.dumps(serials), token),
            )

    def finish(self, key_id: str, command: dict[str, Any], answer: dict[str, Any], state: str | None) -> None:
        """The final answer: remembered, and laid out to be sent, in one step; `state`: the lease's new one."""
        with self._lock, self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute("UPDATE command SET answer = ? WHERE id = ?", (json.dumps(answer), command["id"]))
            if state is not None:
                self._db.execute("UPDATE lease SET state = ? WHERE token = ?", (state, command["token"]))
            if state == RELEASED:
                self._forget_oldest()
            self._lay_out(key_id, answer)

    def post(self, key_id: str, result: dict[str, Any]) -> None:
        """Lay out a result that need not be remembered once it was sent."""
        with self._lock, self._db:
            self._lay_out(key_id, result)

    def to_send(self, key_id: str, most: int = 50) -> list[tuple[int, dict[str, Any]]]:
        rows = self._all("SELECT number, body FROM outbox WHERE key_id = ? ORDER BY number LIMIT ?", key_id, most)
        return [(number, json.loads(body)) for number, body in rows]

    def keys_with_results(self) -> list[str]:
        return [key_id for (key_id,) in self._all("SELECT DISTINCT key_id FROM outbox")]

    def sent(self, numbers: list[int]) -> None:
        with self._lock, self._db:
            self._db.executemany("DELETE FROM outbox WHERE number = ?", [(number,) for number in numbers])

    def _lay_out(self, key_id: str, result: dict[str, Any]) -> None:
        self._db.execute("INSERT INTO outbox (key_id, body) VALUES (?, ?)", (key_id, json.dumps(result)))

    def _forget_oldest(self) -> None:
        old = "SELECT token FROM lease WHERE state = 'released' ORDER BY rowid DESC LIMIT -1 OFFSET ?"
        tokens = self._db.execute(old, (KEPT_RELEASED,)).fetchall()
        self._db.executemany("DELETE FROM command WHERE token = ?", tokens)
        self._db.executemany("DELETE FROM lease WHERE token = ?", tokens)

    def _all(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._db.execute(query, values).fetchall()


def _lease(row: tuple[Any, ...]) -> Lease:
    token, key_id, attempt, pool, serials, state = row
    return Lease(token, key_id, attempt, pool, json.loads(serials), state == "released")
