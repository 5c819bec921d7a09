"""The national catalogue: 20 of 2,000+ offers of 31 provinces, with filters, as visitors ask for it.

    uv run python -m tests.benchmarks.catalogue --json

`rps_ratio` is requests per second ÷ those of the bare one-query view, `cpu_ms` the CPU of web and PostgreSQL for one
page, `queries` the most that one of the addresses needs, `p95_ms` at eight clients; medians over the rounds.
"""

import argparse
import json

from tests.benchmarks import pages

PATHS = (
    "/catalogue/",
    "/catalogue/?page=3",
    "/catalogue/?province=shanxi&sort=price",
    "/catalogue/?category=intelligent&mode=instant&stock=1",
    "/catalogue/?card=ascend-910b3&green=1",
    "/catalogue/?q=910b&sort=stock",
    "/catalogue/?domestic=1&price=5&sort=rtt_beijing",
    "/catalogue/?q=%E5%A4%AA%E5%8E%9F",
)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the national catalogue.")
    parser.add_argument("--json", action="store_true", help="only the figures, as one JSON object")
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    print(json.dumps(pages.measure(lambda: PATHS, chosen.rounds, quiet=chosen.json)))


if __name__ == "__main__":
    main()
