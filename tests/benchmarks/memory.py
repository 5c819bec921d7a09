"""Memory of a web process after 10,000 requests of all kinds of open pages, with 2,000+ offers of 31 provinces.

    uv run python -m tests.benchmarks.memory --json

`mb_after` is the resident memory of the largest worker of quickstart's web part after that many requests, `mb_warm`
after the first thousand; `requests` how many were answered.
"""

import argparse
import json
import os

from tests.benchmarks import pages
from tests.benchmarks.catalogue import PATHS

OPEN_PAGES = ("/", "/cards/", "/cards/?card_model=ascend-910b3&cards=4&hours=2", "/provinces/", "/catalogue/models/")
WARM, ENOUGH = 1_000, 10_000


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what a web process remembers.")
    parser.add_argument("--json", action="store_true", help="only the figures, as one JSON object")
    parser.parse_args()
    os.environ["API_RATE_QUOTE"] = "6000000/min"  # one visitor asks for as many as many do
    with pages.wide_world():
        from tests.benchmarks.offer import paths

        asked = [*PATHS, *paths(), *OPEN_PAGES]
        with pages.server("portal.rsgi:application") as web:
            requests, found = 0, {}
            for name, number in (("mb_warm", WARM), ("mb_after", ENOUGH)):
                while requests < number:
                    requests += pages.ask(web, asked, seconds=10).requests
                found[name] = round(max(_megabytes(one) for one in web.process.children(recursive=True)), 1)
    print(json.dumps({**found, "requests": requests}))


def _megabytes(process: "pages.psutil.Process") -> float:
    return float(process.memory_info().rss) / 2**20


if __name__ == "__main__":
    main()
