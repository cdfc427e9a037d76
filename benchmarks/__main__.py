"""`python -m benchmarks`: the table of speed goals, measured here and now."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from functools import partial

from benchmarks import figures, papers, scenarios, statements
from benchmarks.figures import Figure

Measure = Callable[[], Iterator[Figure]]

# Half a dozen runs steady a median on a machine that others use too; the large ones are left with fewer.
FIGURES: dict[str, Measure] = {
    "polars-100k": partial(figures.against_polars, 100_000, 25),
    "polars-1M": partial(figures.against_polars, 1_000_000, 11),
    "long": partial(figures.long_against_wide, 1_000_000, 7),
    "pandas-100k": partial(figures.against_pandas, 100_000, 2.5, 11),
    "pandas-1M": partial(figures.against_pandas, 1_000_000, 7, 5),
    "loop": partial(figures.against_loop, 100_000, 5),
    "growth-1M": partial(figures.growth, 10_000, 1_000_000, 100, 9),
    "growth-5M": partial(figures.growth, 1_000_000, 5_000_000, 6, 5),
    "memory": partial(figures.memory, 1_000_000),
    "plans": partial(figures.thousand_plans, 1_000_000, 7),
    "kinds": partial(figures.kinds, 1_000_000, 5),
    "pools": partial(figures.pools, 1_000_000, 5),
    "segments": partial(figures.segments, 1_000_000, 7),
    "sealing": partial(figures.sealing, 1_000_000, 3),
    "correcting": partial(figures.correcting, 1_000_000, 3),
    "records": partial(figures.records, 50_000_000, 5),
    "scenarios": partial(scenarios.each_kind, 100_000, 7),
    "scenarios-memory": partial(scenarios.memory, 100_000, 1_000),
    "fixed": partial(figures.fixed_cost, 25),
    "start": partial(figures.start_up, 11),
    "statements-share": partial(statements.shares, 3),
    "statements-processes": partial(statements.side_by_side, 10_000, 3),
    "statements-memory": partial(statements.memory, 100_000, 100_000),
    "statements-pdf": partial(papers.against_hand, 300),
}
QUICK: dict[str, Measure] = {
    "polars-100k": partial(figures.against_polars, 100_000, 7),
    "long": partial(figures.long_against_wide, 100_000, 3),
    "pandas-100k": partial(figures.against_pandas, 100_000, 2.5, 3),
    "loop": partial(figures.against_loop, 100_000, 2),
    "growth-1M": partial(figures.growth, 10_000, 1_000_000, 100, 3),
    "memory": partial(figures.memory, 100_000),
    "plans": partial(figures.thousand_plans, 100_000, 3),
    "kinds": partial(figures.kinds, 100_000, 3),
    "pools": partial(figures.pools, 100_000, 3),
    "segments": partial(figures.segments, 100_000, 3),
    "sealing": partial(figures.sealing, 100_000, 3),
    "correcting": partial(figures.correcting, 100_000, 3),
    "records": partial(figures.records, 1_000_000, 3),
    "scenarios": partial(scenarios.each_kind, 100_000, 3),
    "scenarios-memory": partial(scenarios.memory, 20_000, 300),
    "fixed": partial(figures.fixed_cost, 7),
    "start": partial(figures.start_up, 3),
    "statements-share": partial(statements.shares, 1),
    "statements-processes": partial(statements.side_by_side, 2_000, 1),
    "statements-memory": partial(statements.memory, 100_000, 4_000),
    "statements-pdf": partial(papers.against_hand, 60),
}


def main() -> None:
    """Prints one line per goal as soon as it is measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rows and rounds: a first look, not a result")
    parser.add_argument(
        "--only", default="", metavar="WORD", help=f"only figures with this in their name: {', '.join(FIGURES)}"
    )
    options = parser.parse_args()
    chosen = QUICK if options.quick else FIGURES
    print("| what | goal | measured | | medians (least) |\n|---|---|---|---|---|", flush=True)
    for name, measure in chosen.items():
        if options.only in name:
            for figure in measure():
                mark = "" if not figure.goal else "met" if figure.met else "**missed**"
                print(f"| {figure.what} | {figure.goal} | {figure.measured} | {mark} | {figure.detail} |", flush=True)


if __name__ == "__main__":
    main()
