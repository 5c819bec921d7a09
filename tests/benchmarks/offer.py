"""The page of an offer, as visitors ask for it, among 2,000+ offers of 31 provinces.

    uv run python -m tests.benchmarks.offer --json

`cpu_ms` is the CPU of web and PostgreSQL for one page, `queries` the most that one of the pages needs, `rps_ratio` and
`p95_ms` as for the catalogue; medians over the rounds.
"""

import argparse
import json

from tests.benchmarks import pages

OFFERS = 40


def paths() -> list[str]:
    """Offers of all kinds, in an order that does not change from run to run."""
    from portal.directory.models import OfferIndex

    every = list(OfferIndex.objects.order_by("slug", "province").values_list("province", "slug"))
    return [f"/catalogue/{province}/{slug}/" for province, slug in every[:: len(every) // OFFERS]]


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the page of an offer.")
    parser.add_argument("--json", action="store_true", help="only the figures, as one JSON object")
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    print(json.dumps(pages.measure(paths, chosen.rounds, quiet=chosen.json)))


if __name__ == "__main__":
    main()
