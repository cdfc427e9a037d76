"""Published schemes come out to the last published digit.

What a rule set can show by itself is an example inside it. The rest is compared with the published files, every figure
that they print: the engine's trace must hold it, and must hold nothing where the file says that there is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest

import incentive_engine
from incentive_engine import Run
from incentive_engine.rulesets.models import BestOf, Group, Item, Measure
from incentive_engine.shipped import rule_sets, rules_dir
from tests.published_facilities import Facilities
from tests.published_hospitals import DOMAINS, NOT_AVAILABLE, SURGICAL_SITES, SURVEY, Figures, Hospitals
from tests.published_small_schemes import (
    NAGALAND,
    read_scheme,
    write_nagaland,
    write_ofgem,
    write_orange,
    write_qof,
)
from tests.published_tables import exact_column, half_up, published_rows, write_table

PUBLISHED = rules_dir() / "published"
TOTAL_2024, SURGICAL = "total_performance_score", "surgical_site_infections"
ROUNDED_BY_BINARY_FLOATS = "675891"
"""CMS's improvement score of this facility is 43.703125, printed as 43.70312."""


@pytest.mark.parametrize("path", rule_sets(), ids=lambda path: path.stem)
def test_examples_of_shipped_rule_sets_come_out(path: Path) -> None:
    rules = incentive_engine.load(path)
    assert rules.ruleset.examples
    assert rules.warnings == ()
    assert incentive_engine.check(rules) == []


def run_of(name: str, data: Path, period: str) -> Run:
    """A published rule set, run on the tables in a folder."""
    return incentive_engine.run(incentive_engine.load(PUBLISHED / f"{name}.yaml"), data, period)


def differing(found: Mapping[str, Fraction | None], published: Figures) -> dict[str, tuple[object, object]]:
    """Where a number of the engine is not the published one, by payee; a payee without a row has no number."""
    pairs = {payee: (found.get(payee), figure) for payee, figure in published.items()}
    return {payee: (mine, theirs) for payee, (mine, theirs) in pairs.items() if mine != theirs}


def printed(found: Mapping[str, Fraction | None], places: int) -> dict[str, Fraction | None]:
    """Numbers as a file prints them."""
    return {payee: None if value is None else half_up(value, places) for payee, value in found.items()}


def there(figures: Figures) -> int:
    """How many of the figures exist."""
    return sum(figure is not None for figure in figures.values())


def payouts(run: Run, plan: str) -> dict[str, Fraction | None]:
    """The payouts of a plan by payee."""
    return exact_column(run.payouts.filter(pl.col("plan") == plan), "payout")


# Hospital Value-Based Purchasing 2024


@pytest.fixture(scope="module")
def hospitals(reference_data: Path) -> Hospitals:
    return Hospitals.read(reference_data / "cms_hvbp_fy2024")


@pytest.fixture(scope="module")
def run_2024(hospitals: Hospitals, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("hospitals")
    hospitals.write(folder)
    return run_of("hospital-vbp-2024", folder, "2024")


@pytest.fixture(scope="module")
def trace_2024(run_2024: Run) -> dict[str, pl.DataFrame]:
    return run_2024.trace


def scored_nodes() -> Iterator[tuple[str, str, str]]:
    """Every measure with achievement and improvement: its KPI, its plan, its node."""
    rules = incentive_engine.load(PUBLISHED / "hospital-vbp-2024.yaml").ruleset
    for plan, declared in rules.plans.items():
        for path, item in _measures(declared.scorecard, ""):
            if isinstance(item, BestOf):
                yield item.kpi or path.rsplit(".", 1)[-1], plan, path


def _measures(items: Mapping[str, Item], above: str) -> Iterator[tuple[str, Measure | BestOf]]:
    for name, item in items.items():
        if isinstance(item, Group):
            yield from _measures(item.items, f"{above}{name}.")
        else:
            yield above + name, item


def test_every_point_of_every_hospital_is_published(hospitals: Hospitals, trace_2024: dict[str, pl.DataFrame]) -> None:
    counted = dict.fromkeys(("achievement", "improvement", "points"), 0)
    for kpi, plan, path in scored_nodes():
        trace = trace_2024[plan]
        for what, column, figures in (
            ("achievement", f"{path}.achievement.rate", hospitals.achievement(kpi)),
            ("improvement", f"{path}.improvement.rate", hospitals.improvement(kpi)),
            ("points", f"{path}.rate", hospitals.points(kpi)),
        ):
            assert differing(exact_column(trace, column), figures) == {}, column
            counted[what] += there(figures)
    assert counted == {"achievement": 43_688, "improvement": 42_870, "points": 43_688}
    assert counted["achievement"] + counted["improvement"] == 86_558


@pytest.mark.parametrize("what", ["Base", "Consistency"])
def test_survey_scores_are_published(what: str, hospitals: Hospitals, trace_2024: dict[str, pl.DataFrame]) -> None:
    figures = hospitals.survey_score(what)
    assert differing(exact_column(trace_2024[TOTAL_2024], f"person_engagement.{what.lower()}.score"), figures) == {}
    assert there(figures) == 2467


@pytest.mark.parametrize(
    ("domain", "scored"),
    [("clinical_outcomes", 2413), ("person_engagement", 2467), ("safety", 2107), ("efficiency", 2472)],
)
def test_domain_scores_are_published(
    domain: str, scored: int, hospitals: Hospitals, trace_2024: dict[str, pl.DataFrame]
) -> None:
    figures = hospitals.domain(domain)
    assert differing(printed(exact_column(trace_2024[TOTAL_2024], f"{domain}.score"), 12), figures) == {}
    assert there(figures) == scored


def test_every_hospital_of_2024_has_its_published_total(hospitals: Hospitals, run_2024: Run) -> None:
    scores = exact_column(run_2024.payouts.filter(pl.col("plan") == TOTAL_2024), "score")
    assert differing(scores, hospitals.total()) == {}
    assert len(scores) == there(hospitals.total()) == 2474
    assert run_2024.payouts["payout"].null_count() == run_2024.payouts.height


def test_only_hospitals_without_points_for_either_surgical_site_are_held(hospitals: Hospitals, run_2024: Run) -> None:
    points = [hospitals.points(kpi) for kpi in SURGICAL_SITES]
    without = {hospital for hospital in hospitals.totals if all(each[hospital] is None for each in points)}
    assert set(run_2024.held["payee"]) == without
    assert set(run_2024.held["code"]) == {"empty-group"}
    assert len(without) == 751


def test_standards_of_2024_are_those_printed_for_every_hospital(hospitals: Hospitals) -> None:
    rules = incentive_engine.load(PUBLISHED / "hospital-vbp-2024.yaml").ruleset
    for declared in rules.plans.values():
        for path, item in _measures(declared.scorecard, ""):
            kpi = item.kpi or path.rsplit(".", 1)[-1]
            if isinstance(item, BestOf):
                achievement, improvement = item.paths["achievement"], item.paths["improvement"]
                assert achievement.threshold == hospitals.standard(kpi, "Achievement Threshold"), path
                assert achievement.benchmark == improvement.benchmark == hospitals.standard(kpi, "Benchmark"), path
            elif kpi in SURVEY:
                assert item.threshold == hospitals.standard(kpi, "Floor"), path
                assert item.benchmark == hospitals.standard(kpi, "Achievement Threshold"), path


# Hospital Value-Based Purchasing 2021


def test_every_hospital_of_2021_has_its_published_total(reference_data: Path, tmp_path: Path) -> None:
    rows = published_rows(reference_data / "cms_hvbp_fy2021" / "hvbp_tps.csv")
    columns = {kpi: column.replace(" And ", " and ") for kpi, column in DOMAINS.items()}
    write_table(tmp_path / "workforce.csv", ["payee"], ([row["Facility ID"]] for row in rows))
    scores = [
        ["payee", row["Facility ID"], kpi, "2021", row[column]]
        for row in rows
        for kpi, column in columns.items()
        if row[column] != NOT_AVAILABLE
    ]
    write_table(tmp_path / "kpis.csv", ["subject_kind", "subject", "kpi", "period", "value"], scores)

    run = run_of("hospital-vbp-2021", tmp_path, "2021")

    published = {row["Facility ID"]: Fraction(row["Total Performance Score"]) for row in rows}
    found = exact_column(run.payouts, "score")
    assert differing(found, published) == {}
    assert len(found) == len(published) == 2676
    assert run.payouts["payout"].null_count() == 2676
    assert run.held.is_empty()


# Skilled Nursing Facility Value-Based Purchasing 2025


@pytest.fixture(scope="module")
def facilities(reference_data: Path) -> Facilities:
    return Facilities.read(reference_data / "cms_snf_vbp_fy2025")


@pytest.fixture(scope="module")
def run_of_facilities(facilities: Facilities, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("facilities")
    facilities.write(folder)
    return run_of("snf-vbp-2025", folder, "2025")


@pytest.mark.parametrize(
    ("column", "title", "scored", "wrong"),
    [
        ("readmission.achievement.rate", "Achievement Score", 5271, set()),
        ("readmission.improvement.rate", "Improvement Score", 5013, {ROUNDED_BY_BINARY_FLOATS}),
        ("plan.score", "Performance Score", 5271, {ROUNDED_BY_BINARY_FLOATS}),
    ],
)
def test_scores_of_facilities_are_published(
    column: str, title: str, scored: int, wrong: set[str], facilities: Facilities, run_of_facilities: Run
) -> None:
    figures = facilities.figures(title)
    found = exact_column(run_of_facilities.trace["multiplier"], column)
    assert differing(printed(found, 5), figures).keys() == wrong
    assert all(found[number] == Fraction("43.703125") for number in wrong)
    assert there(figures) == scored


@pytest.mark.parametrize("plan", ["multiplier", "multiplier_from_pool"])
def test_multipliers_of_facilities_are_published(plan: str, facilities: Facilities, run_of_facilities: Run) -> None:
    figures = facilities.figures("Incentive Payment Multiplier")
    assert differing(payouts(run_of_facilities, plan), figures) == {}
    assert there(figures) == 5271
    assert run_of_facilities.held.is_empty()


def test_the_constant_is_solved_from_the_sum_of_all_multipliers(facilities: Facilities, run_of_facilities: Run) -> None:
    paid = sum(value for value in facilities.figures("Incentive Payment Multiplier").values() if value is not None)
    (pool,) = run_of_facilities.pools.to_dicts()
    assert Fraction(pool["sum"]) == Fraction(pool["paid"]) == paid
    assert pool["factor"] == Decimal("0.0383221155456")
    assert (pool["payees"], pool["left"], pool["held"]) == (5271, 0, 0)
    # Any constant between these gives the same multipliers; the pool takes the greatest.
    assert Decimal("0.0383221155434") <= Decimal("0.0383221155442") <= pool["factor"]


# Small schemes


@pytest.fixture(scope="module")
def small_schemes(reference_data: Path) -> Path:
    return reference_data / "small_schemes"


def test_orange_pays_the_published_rate_and_amounts(small_schemes: Path, tmp_path: Path) -> None:
    scheme = read_scheme(small_schemes, "orange_interessement_2019")
    write_orange(scheme, tmp_path)
    run = run_of("orange-2019", tmp_path, "2019")

    rates = {kpi.upper(): rate * 100 for kpi, rate in run.contributions.select("kpi", "rate").iter_rows() if kpi}
    assert rates == {name: rate for name, rate in scheme["expected_rates"].items() if name != "total"}
    assert {score * 100 for score in run.payouts["score"]} == {scheme["expected_rates"]["total"]}
    published = {str(salary): (amount, percent) for salary, amount, percent in scheme["expected_individual"]}
    paid = payouts(run, "profit_sharing")
    assert paid == {salary: amount for salary, (amount, _) in published.items()}
    assert len(paid) == 7
    for salary, (amount, percent) in published.items():
        assert half_up(Fraction(100 * amount, int(salary)), 1) == Fraction(percent)


def test_tesco_adds_up_rounded_lines(small_schemes: Path, tmp_path: Path) -> None:
    scheme = read_scheme(small_schemes, "tesco")["international"]
    write_table(tmp_path / "workforce.csv", ["payee", "country"], [["1", "CZ"]])
    results = [["company", "", "sales", "2021", "1"], ["company", "", "profit", "2021", "2"]]
    results.append(["payee", "1", "contribution", "2021", "1"])
    write_table(tmp_path / "kpis.csv", ["subject_kind", "subject", "kpi", "period", "value"], results)
    run = run_of("tesco", tmp_path, "2021")

    lines = run.contributions.filter(pl.col("measure").is_not_null()).select("rate", "score").rows()
    assert [(rate * 100, score * 100) for rate, score in lines] == [
        (of_maximum, of_earnings) for _, of_maximum, of_earnings in scheme["components"]
    ]
    assert sum(rate for rate, _ in lines) * 100 == scheme["total_pct_of_max"]
    assert run.payouts["score"].item() * 100 == scheme["total_pct_of_earnings"]


def test_practices_get_the_published_payments(small_schemes: Path, tmp_path: Path) -> None:
    scheme = read_scheme(small_schemes, "qof_payments")
    write_qof(scheme, tmp_path)
    run = run_of("qof", tmp_path, "2022")

    paid = {int(payee): payout for payee, payout in run.payouts.select("payee", "payout").iter_rows()}
    assert paid == {number: example["payment"] for number, example in enumerate(scheme["examples"])}
    factors = {
        int(payee): [each for each in row if each is not None]
        for frame in run.trace.values()
        for payee, *row in _factors(frame).iter_rows()
    }
    for number, (example, found) in enumerate(zip(scheme["examples"], map(factors.get, range(5)), strict=True)):
        told = [example[key] for key in ("cpi", "apdf") if key in example] or [example["point_value"]]
        assert found is not None
        assert found[: len(told)] == told, number


def _factors(trace: pl.DataFrame) -> pl.DataFrame:
    """Payee and the factors of its points, those that end."""
    names = [f"plan.modifier_{number}" for number in (1, 2)]
    return trace.select(
        "payee", *(name for name in names if name in trace.columns and f"{name}.per" not in trace.columns)
    )


def test_facilities_are_paid_between_the_points_of_each_indicator(small_schemes: Path, tmp_path: Path) -> None:
    scheme = read_scheme(small_schemes, "plp_nagaland")
    points = {name.split()[0]: curve for name, curve in scheme["indicators"]}
    expected = {indicator: (Decimal(at), amount) for indicator, at, amount in scheme["interior_expected"]}
    cases = {
        "between": expected,
        "first": {indicator: (Decimal(curve[0][0]), curve[0][1]) for indicator, curve in points.items()},
        "last": {indicator: (Decimal(curve[-1][0]), curve[-1][1]) for indicator, curve in points.items()},
        "beyond": {indicator: (Decimal(curve[-1][0]) * 2, curve[-1][1]) for indicator, curve in points.items()},
        "below": {indicator: (Decimal(curve[0][0]) - 1, 0) for indicator, curve in points.items()},
    }
    reports = {name: {each: (at, Decimal(100)) for each, (at, _) in case.items()} for name, case in cases.items()}
    reports["not applicable"] = {**reports["between"], "EP001": (Decimal(0), Decimal(0))}
    write_nagaland(reports, tmp_path)
    run = run_of("nagaland", tmp_path, "2024-12")

    scores = {
        (payee, kpi): score for payee, kpi, score in run.contributions.select("payee", "kpi", "score").iter_rows()
    }
    for name, case in cases.items():
        assert {each: scores[name, NAGALAND[each]] for each in case} == {each: paid for each, (_, paid) in case.items()}
    paid = payouts(run, "facility")
    assert paid["between"] == sum(amount for _, amount in expected.values())
    assert paid["not applicable"] == sum(amount for each, (_, amount) in expected.items() if each != "EP001")


def test_the_shape_of_ofgem_is_two_sided_and_capped(small_schemes: Path, tmp_path: Path) -> None:
    scheme = read_scheme(small_schemes, "ofgem_bmcs_2017_18")
    survey, stakeholders = scheme["from_memory"]["css"], scheme["from_memory"]["secv"]
    best, worst = (survey["max_reward_at"], stakeholders["max"]), (survey["max_penalty_at"], stakeholders["min"])
    ends = {
        "best": (*best, survey["cap_pct"], stakeholders["cap_pct"]),
        "beyond": (best[0] + 1, best[1] + 1, survey["cap_pct"], stakeholders["cap_pct"]),
        "target": (survey["target"], stakeholders["min"], 0, 0),
        "worst": (*worst, -survey["cap_pct"], 0),
        "below": (worst[0] - 1, worst[1] - 1, -survey["cap_pct"], 0),
    }
    companies = {name: (score, engagement) for name, engagement, score in scheme["rows"]}
    write_ofgem({**companies, **{name: (first, second) for name, (first, second, _, _) in ends.items()}}, tmp_path)
    run = run_of("ofgem-2018", tmp_path, "2017")

    rates = {
        (payee, kpi): rate * 100
        for payee, kpi, rate in run.contributions.select("payee", "kpi", "rate").iter_rows()
        if rate is not None
    }
    for name, (_, _, for_survey, for_stakeholders) in ends.items():
        assert rates[name, "customer_survey"] == for_survey
        assert rates[name, "stakeholder_engagement"] == for_stakeholders
    assert all(0 < rates[company, "customer_survey"] <= 1 for company in companies)
    assert run.held.is_empty()
