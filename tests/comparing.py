"""A case calculated by the engine and by the oracle, and what differs, in words."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import event, reject

from incentive_engine import InputProblems
from incentive_engine.engine.run import Run
from tests.case_files import calculated
from tests.case_told import told
from tests.oracle import Case, Decisions, Key, Node, Outcome, Results, Settled, decided, rounded

Expected = Mapping[Key, Outcome]


def agree(case: Case) -> None:
    """Runs the engine on the case; fails, with the rule set, the data and both results, where anything differs."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = calculated(case, Path(folder))
            differences = list(compared(case, found))
        except InputProblems as refused:
            # What cannot be proved to fit is refused and not paid: unrounded numbers through several negative groups.
            if {problem.code for problem in refused.problems if problem.level == "error"} != {"cannot-prove"}:
                refused.add_note(told(case))
                raise
            event("refused: cannot be proved to fit")
            reject()
        except Exception as error:
            error.add_note(told(case))
            raise
    if differences:
        pytest.fail("\n".join([*differences, told(case)]), pytrace=False)


# --- comparing --------------------------------------------------------------------------------------------------------


def same(found: Any, expected: Any) -> bool:
    """Equal, exactly. A number that does not end (`rounding: none`) is shown rounded, at six places or more."""
    if not isinstance(found, Decimal) or not isinstance(expected, Fraction):
        return bool(found == expected)
    if Fraction(found) == expected:
        return True
    places = -int(found.as_tuple().exponent)
    ends = (expected * 10**12).denominator == 1
    return not ends and places >= 6 and Fraction(found) == rounded(expected, places)


def compared(case: Case, found: Run) -> Iterator[str]:
    """What differs, in words."""
    expected, pools, decisions = decided(case)
    yield from payouts_differ(case, found, expected)
    yield from segments_differ(found, expected)
    yield from contributions_differ(case, found, expected)
    yield from reasons_differ(case, found, expected)
    yield from results_differ(case, found, expected)
    yield from eligibility_differs(found, expected)
    yield from trace_differs(found, expected)
    yield from pools_differ(case, found, pools)
    yield from decisions_differ(found, decisions, expected)


def rows_differ(table: str, key: Any, row: Mapping[str, Any], expected: Mapping[str, Any]) -> Iterator[str]:
    for column, value in expected.items():
        if not same(row[column], value):
            yield f"{table} of {key}: {column} is {row[column]}, the oracle says {value}"


def payouts_differ(case: Case, found: Run, expected: Expected) -> Iterator[str]:
    rows = {(row["payee"], row["plan"], row.get("paid_currency")): row for row in found.payouts.to_dicts()}
    exchange = Results(case).exchange
    paid: dict[tuple[str, str, str | None], list[Outcome]] = {}
    for (payee, plan, _), outcome in expected.items():
        if outcome.paid:
            currency = None if outcome.payout is None else exchange.of(outcome.card.payee)
            paid.setdefault((payee, plan, currency), []).append(outcome)
    if rows.keys() != paid.keys() or len(rows) != found.payouts.height:
        yield f"paid are {sorted(rows, key=str)}, the oracle says {sorted(paid, key=str)}"
    for key in rows.keys() & paid.keys():
        each, only = paid[key], paid[key][0] if len(paid[key]) == 1 else None
        yield from rows_differ("payout", key, rows[key], {
            "pays": each[0].card.pays,
            "period": case.period,
            "currency": case.rules["currency"],
            "target_pay": only and only.target_pay,
            "score": only and only.root and only.root.score,
            **{name: summed(each, name) for name in MONEY},
            **{name: summed(each, name) for name in DECIDED},
            **(exchanged(each) if exchange.rule and each[0].payout is not None else {}),
        })  # fmt: skip
        if {outcome.card.payee["department"] for outcome in each} == {departments(case)[key[0]]}:
            yield from rows_differ("payout", key, rows[key], {"department": departments(case)[key[0]]})
        if "proration" in each[0].card.plan or rows[key]["proration"] is not None:
            yield from rows_differ("payout", key, rows[key], {"proration": summed(each, "proration")})


def exchanged(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """What is paid in the payee's currency."""
    exchange, currency = outcomes[0].card.results.exchange, outcomes[0].card.results.exchange.of(outcomes[0].card.payee)
    return {
        "paid_currency": currency,
        "exchange_rate": exchange.rate(currency, exchange.paid_on),
        "paid": summed(outcomes, "paid_out"),
        "rate_effect": summed(outcomes, "rate_effect"),
    }


COPY = "duplicate-row"
"""What is said of copies, which the oracle is not given."""
MONEY = ("payout", "computed", "customer_pay", "internal_pay", "other_pay")
DECIDED = ("guarantee", "adjustment")


def departments(case: Case) -> dict[str, str | None]:
    return {row["payee"]: row["department"] for row in case.tables["workforce"]}


def summed(outcomes: Sequence[Outcome], name: str) -> Fraction | None:
    values: list[Fraction | None] = [getattr(outcome, name) for outcome in outcomes]
    known = [value for value in values if value is not None]
    return sum(known, Fraction(0)) if known else None


def segments_differ(found: Run, expected: Expected) -> Iterator[str]:
    """What was paid of each stretch of days, where there are several."""
    rows = keyed(found.tables["segments"].collect().to_dicts())
    paid = {key: outcome for key, outcome in expected.items() if outcome.paid}
    times = Counter(key[:2] for key in paid)
    several = {key for key in paid if times[key[:2]] > 1}
    if not several <= rows.keys() <= paid.keys():
        yield f"segments are {sorted(rows)}, the oracle says {sorted(several)}"
    for key in rows.keys() & paid.keys():
        outcome = paid[key]
        assert outcome.root is not None
        yield from rows_differ("segment", key, rows[key], {
            "first_day": outcome.card.days[0],
            "last_day": outcome.card.days[-1],
            "target_pay": outcome.target_pay,
            "score": outcome.root.score,
            **({"proration": outcome.proration} if "proration" in outcome.card.plan else {}),
            **{name: getattr(outcome, name) for name in (*MONEY, *DECIDED)},
            **(exchanged([outcome]) if outcome.card.results.exchange.rule and outcome.payout is not None else {}),
        })  # fmt: skip


def keyed(rows: list[dict[str, Any]]) -> dict[Key, dict[str, Any]]:
    found = {(row["payee"], row["plan"], row["segment"]): row for row in rows}
    assert len(found) == len(rows), "a stretch of days is there twice"
    return found


def contributions_differ(case: Case, found: Run, expected: Expected) -> Iterator[str]:
    rows = {
        (row["payee"], row["plan"], row["segment"], row["measure"] or (row["source"],)): row
        for row in found.contributions.to_dicts()
    }
    wanted: dict[tuple[str, str, int, str | tuple[str | None]], dict[str, Any]] = {}
    for key, outcome in expected.items():
        if outcome.paid and outcome.root is not None:
            for measure in outcome.root.measures():
                wanted[*key, measure.path] = contribution(case, measure)
            added = [getattr(outcome, name) or Fraction(0) for name in DECIDED]
            rest = (outcome.other_pay or Fraction(0)) - sum(added)
            for source, money_of in zip((None, *DECIDED), (rest, *added), strict=True):
                if money_of:
                    wanted[*key, (source,)] = {"kpi": None, "perspective": None, "measure": None, "pay": money_of}
    if rows.keys() != wanted.keys() or len(rows) != found.contributions.height:
        yield f"contributions are {sorted(rows, key=str)}, the oracle says {sorted(wanted, key=str)}"
    for each in rows.keys() & wanted.keys():
        yield from rows_differ("contribution", each, rows[each], wanted[each])
    money: dict[tuple[str, str], Fraction] = {}
    for row in found.payouts.drop_nulls("payout").to_dicts():  # one for each currency
        money[row["payee"], row["plan"]] = money.get((row["payee"], row["plan"]), Fraction(0)) + Fraction(row["payout"])
    for paid, payout in money.items():
        pay = [each["pay"] for key, each in rows.items() if key[:2] == paid]
        if sum(pay) != payout:
            yield f"contributions of {paid[0]} sum to {sum(pay)}, the payout is {payout}"


def contribution(case: Case, measure: Node) -> dict[str, Any]:
    return {
        "kpi": measure.kpi,
        "perspective": case.rules["kpis"][measure.kpi]["perspective"],
        "weight": measure.weight,
        "subject_kind": measure.subject_kind,
        "subject": measure.subject,
        "actual": measure.used.value,
        "n": measure.used.n,
        "target": measure.target,
        "path": measure.way,
        "attainment": measure.attainment,
        "rate": measure.rate,
        "score": measure.score,
        "pay": measure.pay,
    }


def reasons_differ(case: Case, found: Run, expected: Expected) -> Iterator[str]:
    held = found.held.to_dicts()
    results = Results(case)
    codes = {(row["payee"], row["code"]) for row in held if row["table"] == "workforce"}
    wanted = {(key[0], code) for key, outcome in expected.items() for code in outcome.codes}
    of_people = {payee for payee, each in results.people.codes.items() if each} | Decisions(case).holds
    codes, wanted = ({(payee, code) for payee, code in each if payee not in of_people} for each in (codes, wanted))
    if codes != wanted:
        yield f"held are {sorted(codes)}, the oracle says {sorted(wanted)}"
    for source in (name for name, kinds in results.read.items() if kinds):
        payee = results.sources[source].get("payee", "")
        strange = Counter(
            (fact.get(payee), code) for fact in results.tables[source] for code in results.refused(source, fact)
        )
        strange += Counter((fact.get(payee), code) for fact, code in results.aside.get(source, ()))
        strange += Counter((fact.get(payee), "no-case") for fact in results.without_case(source))
        told = Counter((row["payee"], row["code"]) for row in held if row["table"] == source and row["code"] != COPY)
        if told != strange:
            yield f"held of {source} are {told}, the oracle says {strange}"
    for name, table in results.people.tables.items():
        of_table = Counter((row["payee"], row["code"]) for row in held if row["table"] == name)
        if of_table != Counter(table.held):
            yield f"held {name} are {of_table}, the oracle says {table.held}"
    of_leave = Counter((row["payee"], row["code"]) for row in held if row["table"] == "leave")
    if of_leave != Counter(results.leaves.held):
        yield f"held leave is {of_leave}, the oracle says {results.leaves.held}"
    for row in held:
        if row["table"] == "kpis":
            kind, subject = (part.partition("=")[2] for part in row["key"].split(", ")[:2])
            if row["code"] != f"unknown-{kind}" or results.is_known(kind, subject):
                yield f"a good row is held: {row}"


def decisions_differ(found: Run, decisions: Decisions, expected: Expected) -> Iterator[str]:
    """The decisions that were used, and those that were not; what people are held for of whom all is unsure is too."""
    unsure = {key[0] for key, each in expected.items() if not each.card.is_certain}
    used = {
        (row["reference"], row["payee"], row["plan"], row["segment"]): row
        for row in found.tables["adjustments"].collect().to_dicts()
        if row["payee"] not in unsure
    }
    wanted = {
        (each.reference, each.payee, each.plan, each.segment): each
        for each in decisions.used
        if each.payee not in unsure
    }
    if used.keys() != wanted.keys():
        yield f"adjustments are {sorted(used, key=str)}, the oracle says {sorted(wanted, key=str)}"
    for key in used.keys() & wanted.keys():
        yield from rows_differ("adjustment", key, used[key], vars(wanted[key]))
    rows = [(row["payee"], row["code"]) for row in found.held.to_dicts() if row["table"] == "adjustments"]
    held, told = (Counter(each for each in codes if each[0] not in unsure) for codes in (rows, decisions.held))
    if held != told:
        yield f"held adjustments are {held}, the oracle says {told}"


def measures(expected: Expected) -> Iterator[Node]:
    for outcome in expected.values():
        if outcome.root is not None:
            yield from outcome.root.measures()


def results_differ(case: Case, found: Run, expected: Expected) -> Iterator[str]:
    named = ("kpi", "subject_kind", "subject", "period", "from", "to")
    rows = {tuple(row[name] for name in named): row for row in found.kpis.to_dicts()}
    results = Results(case)
    if len(rows) != found.kpis.height:
        yield "a KPI result is there twice"
    for key, row in rows.items():
        result = results.of(*key)
        yield from rows_differ("kpi", key, row, {
            "value": result.value,
            "n": result.n,
            "numerator": result.numerator,
            "denominator": None if result.denominator is None else result.denominator,
            "invited": results.invited(*key),
        })  # fmt: skip
    for node in measures(expected):
        for key in node.read:
            if key not in rows:
                yield f"the result of {key} is missing, the oracle says {results.of(*key).value}"


def trace_differs(found: Run, expected: Expected) -> Iterator[str]:
    """Scores of all nodes that count, rates and attainments of all ways, keys of pools; those who are held as well."""
    rows = keyed([row for frame in found.trace.values() for row in frame.to_dicts()])
    for key, outcome in expected.items():
        if outcome.root is None or not outcome.card.is_certain:
            continue
        if key not in rows:
            if not outcome.with_others:  # who is held for other days may not have been looked at
                yield f"{key} has no trace"
            continue
        if outcome.paid and "proration" in outcome.card.plan:  # else nothing may say when the payee was there
            days = {"first_day": outcome.card.days[0], "last_day": outcome.card.days[-1]}
            yield from rows_differ("trace", key, rows[key], days)
        for column, value in traced(outcome).items():
            shown = rows[key].get(column, "nothing")
            untold = value is None and outcome.codes  # who is held may have a number that nobody will use
            if shown == "nothing" or not (untold or same(with_divisor(rows[key], column), value)):
                yield f"trace of {key}: {column} is {shown}, the oracle says {value}"


def traced(outcome: Outcome) -> dict[str, Fraction | None]:
    """Columns of the trace, as the oracle works them out."""
    assert outcome.root is not None
    columns: dict[str, Fraction | None] = {}
    for node in outcome.root.nodes():
        if not node.left_out:
            columns[f"{node.path or 'plan'}.score"] = node.score
        columns |= {f"{node.path}.{column}": share for column, share in node.shares.items()}
        for way, taken in node.ways.items():
            columns |= {f"{node.path}.{way}.rate": taken.rate, f"{node.path}.{way}.attainment": taken.attainment}
    if outcome.paid and outcome.payout is not None:
        names = ["payout", "customer_pay", *(name for name in ("proration", "target_pay") if name in outcome.card.plan)]
        names += ["computed", *DECIDED] if "adjustments" in outcome.card.rules else []
        columns |= {name: getattr(outcome, name) for name in names}
    if "pool" in outcome.card.plan:
        columns |= {f"pool.{part}.key": key for part, key in outcome.keys.items()}
    return columns


def with_divisor(row: Mapping[str, Any], column: str) -> Any:
    """A number of the trace; one that may not end is a numerator, with its divisor beside."""
    above, divisor = row[column], f"{column}.per"
    if divisor not in row or above is None:
        return above
    return None if row[divisor] is None else Fraction(above) / Fraction(row[divisor])


def pools_differ(case: Case, found: Run, expected: list[Settled]) -> Iterator[str]:
    if "pools" not in case.rules:
        return
    rows = {(row["pool"], row["group"]): row for row in found.tables["pools"].collect().to_dicts()}
    wanted = {(pool.pool, pool.group): pool for pool in expected}
    if rows.keys() != wanted.keys():
        yield f"pools are {sorted(rows, key=str)}, the oracle says {sorted(wanted, key=str)}"
    for key in rows.keys() & wanted.keys():
        yield from rows_differ("pool", key, rows[key], vars(wanted[key]))


def eligibility_differs(found: Run, expected: Expected) -> Iterator[str]:
    """Tests that were told are right; those that decide are told. A plan that others win is not."""
    told = {
        (row["payee"], row["plan"], row["segment"], row["test"]): row["result"] for row in found.eligibility.to_dicts()
    }
    nowhere = {key[0] for key, each in expected.items() if not each.card.is_certain}
    for (payee, plan, number, test), result in told.items():
        outcome = expected.get((payee, plan, number))
        wanted = outcome.tests.get(test, "not tested") if outcome else "not asked"
        if wanted != result and payee not in nowhere:
            yield f"{test} of {payee} for {plan}, {number} is {result}, the oracle says {wanted}"
    expected = {key: each for key, each in expected.items() if key[0] not in nowhere}
    for asked, each in expected.items():
        rivals = [other for name, other in expected.items() if (name[0], name[2]) == (asked[0], asked[2])]
        selects_none = all(other.tests["who"] is False for other in rivals)
        for test, result in each.tests.items():
            if (result is not False or test != "who" or selects_none) and (*asked, test) not in told:
                yield f"{test} of {asked} is not told, the oracle says {result}"
            if result is False:
                break
