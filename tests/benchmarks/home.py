"""The national home page, with 2,000+ offers of 31 provinces.

    uv run python -m tests.benchmarks.home --json

Figures as those of `tests.benchmarks.catalogue`. Its CPU is to be no more than that of the catalogue page, which is
measured in the same run: `cpu_ms_catalogue`.
"""

import argparse
import json

from tests.benchmarks import pages
from tests.benchmarks.catalogue import PATHS


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the national home page.")
    parser.add_argument("--json", action="store_true", help="only the figures, as one JSON object")
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    more = {"catalogue": PATHS}
    print(json.dumps(pages.measure(lambda: ["/"], chosen.rounds, quiet=chosen.json, more=more)))


if __name__ == "__main__":
    main()
