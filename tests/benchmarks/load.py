"""Buyers over HTTP: one thread and one kept connection for each, every answer timed."""

import http.client
import json
import threading
import time
from dataclasses import dataclass, field

from tests.benchmarks.shop import QUOTE, Shop, uid


@dataclass
class Load:
    seconds: float = 0.0
    took: list[float] = field(default_factory=list)
    """Seconds of each purchase that was placed."""
    refused: dict[int, int] = field(default_factory=dict)

    @property
    def per_second(self) -> float:
        return len(self.took) / self.seconds

    @property
    def p95_ms(self) -> float:
        return sorted(self.took)[int(len(self.took) * 0.95)] * 1000 if self.took else 0.0


def buy(port: int, shop: Shop, quotes: list[list[int]]) -> Load:
    """Client k buys the quotes of list k, one after the other; all begin together."""
    load, lock, start = Load(), threading.Lock(), threading.Barrier(len(quotes) + 1)
    threads = [
        threading.Thread(target=_client, args=(port, shop.keys[k], numbers, load, lock, start))
        for k, numbers in enumerate(quotes)
    ]
    for thread in threads:
        thread.start()
    start.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    load.seconds = time.perf_counter() - began
    return load


def _client(
    port: int, key: str, numbers: list[int], load: Load, lock: threading.Lock, start: threading.Barrier
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    start.wait()
    for number in numbers:
        began = time.perf_counter()
        status = _post(connection, key, number)
        took = time.perf_counter() - began
        with lock:
            if status == 201:
                load.took.append(took)
            else:
                load.refused[status] = load.refused.get(status, 0) + 1
    connection.close()


def _post(connection: http.client.HTTPConnection, key: str, number: int) -> int:
    headers = {
        "Host": "portal.localhost",
        "Authorization": f"Bearer {key}",
        "Content-Type": "application/json",
        "Idempotency-Key": f"key-{QUOTE + number}",
    }
    connection.request("POST", "/api/v1/purchases/", json.dumps({"quote": str(uid(QUOTE + number))}), headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status
