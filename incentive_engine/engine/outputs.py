"""The tables of a run, worked out from its evaluations: decimals outside, nulls where a value does not exist."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from incentive_engine.columns import HELD, PAYOUTS, SEGMENTS
from incentive_engine.compiler.context import Hold
from incentive_engine.compiler.explaining import steps_of
from incentive_engine.compiler.inputs import FIRST_DAY, LAST_DAY, PLAN, PREVIOUS, SEGMENT, ResultKey
from incentive_engine.compiler.measures import OWN_SOURCES, SOURCES, Answer
from incentive_engine.compiler.nodes import Scored
from incentive_engine.compiler.program import CUSTOMER_PAY, INTERNAL_PAY, OTHER_PAY, Program
from incentive_engine.documents import Document
from incentive_engine.engine.decimals import decimal_column, ending
from incentive_engine.engine.running import Calculation, Evaluation
from incentive_engine.engine.together import ONCE
from incentive_engine.exact import Exact
from incentive_engine.rulesets.adjustments import ADJUSTMENT, COMPUTED, DECIDED_COLUMNS, GUARANTEE
from incentive_engine.rulesets.exchange import PAID, PAID_CURRENCY, RATE, RATE_EFFECT
from incentive_engine.rulesets.models import Fallback
from incentive_engine.rulesets.resolving import MeasureNode

_TEXTS = ("measure", "kpi", "perspective", "source", "subject_kind", "subject", "path")
_NUMBERS = ("weight", "actual", "target", "attainment", "rate", "score")
_KEYS = ("payee", "plan", SEGMENT, PLAN, ONCE)
_GREATEST = 10**38 - 1
_DIGITS = 38
"""Of a Parquet decimal, before and behind the mark."""


def trace(evaluation: Evaluation) -> pl.LazyFrame:
    """One row per payee × plan × segment: every stage column, numbers as decimals."""
    program = evaluation.program
    frame = evaluation.frame.with_columns(_plan_name(program))
    columns = [name for name in frame.collect_schema().names() if name not in _KEYS]
    fractions = {f"{name}.per" for name in columns if not _ends(program.numbers.get(name))}
    shown = [each for name in columns if name not in fractions for each in _shown(program, name)]
    return frame.select("payee", "plan", _segment(), *shown)


def _ends(value: Exact | None) -> bool:
    return value is None or value.finite_places is not None


def _shown(program: Program, name: str) -> list[pl.Expr]:
    """A column of the trace; two where a number may not end (`rounding: none`): numerator, and divisor in `….per`."""
    value = program.numbers.get(name)
    if value is None:
        return [pl.col(name)]
    if value.finite_places is not None:
        return [value.decimal().alias(name)]
    divisor, most = (pl.lit(1), 1) if value.per is None else (pl.col(f"{name}.per"), value.per.high)
    above, below = value.unit.numerator, value.unit.denominator
    if max(abs(value.low * above), abs(value.high * above), most * below) > _GREATEST:
        return [ending(value).decimal().alias(name)]
    return [
        (pl.col(name).cast(pl.Int128) * pl.lit(above, pl.Int128)).alias(name),
        (divisor.cast(pl.Int128) * pl.lit(below, pl.Int128)).alias(f"{name}.per"),
    ]


def _plan_name(program: Program) -> pl.Expr:
    names = pl.Series([plan.name for plan in program.plans], dtype=pl.String)
    return pl.lit(names).gather(pl.col(PLAN)).alias("plan")


def _segment() -> pl.Expr:
    return pl.col(SEGMENT).cast(pl.Int64)


def payouts(calculation: Calculation) -> pl.LazyFrame:
    """One row per payee × plan that could be worked out, by payee: the sums of segments, where there are several.

    Target pay and score are each segment's own: missing where there are several.
    """
    rows = _of_segments(calculation)
    if calculation.people.owners is None:
        return rows.select(*PAYOUTS)
    alone = pl.len() == 1
    amounts = (pl.when(pl.col(name).count() == pl.len()).then(pl.col(name).sum()).alias(name) for name in _SUMS)
    own = (pl.when(alone).then(pl.col(name).first()).alias(name) for name in _OF_ONE)
    return (
        rows.group_by(_OF_PAYOUT, maintain_order=True).agg(pl.col("department").last(), *own, *amounts).select(*PAYOUTS)
    )


_OF_PAYOUT = ("payee", "plan", "pays", "period", "currency", PAID_CURRENCY, RATE)
_OF_ONE = ("target_pay", "score")
_SUMS = ("proration", *DECIDED_COLUMNS, "payout", "customer_pay", "internal_pay", "other_pay", PAID, RATE_EFFECT)
"""What the columns of payouts are made of: what tells rows apart, what only one segment has, and what adds up."""


def segments(calculation: Calculation) -> pl.LazyFrame:
    """One row per payee × plan × segment, of those whom one thing is paid in several, by payee and day."""
    rows = _of_segments(calculation).select(*SEGMENTS)
    if calculation.people.owners is None and all(plan.always for plan in calculation.plans):
        return rows.clear()
    return rows.filter(pl.len().over("payee", "pays") > 1).sort("payee", FIRST_DAY, "plan")


def _of_segments(calculation: Calculation) -> pl.LazyFrame:
    """One row per payee × plan × segment that could be worked out, by payee."""
    return _by_payee([_payouts(calculation, each) for each in calculation.evaluations])


def _payouts(calculation: Calculation, evaluation: Evaluation) -> pl.LazyFrame:
    program = evaluation.program
    numbers = program.numbers
    pays = pl.Series([plan.pays for plan in program.plans], dtype=pl.String)
    known = evaluation.frame.collect_schema().names()
    columns = [
        pl.col("payee"),
        _plan_name(program),
        pl.lit(pays).gather(pl.col(PLAN)).alias("pays"),
        pl.lit(calculation.period.name).alias("period"),
        _segment(),
        FIRST_DAY,
        LAST_DAY,
        (pl.col("department") if "department" in known else pl.lit(None, pl.String)).alias("department"),
        pl.lit(calculation.rules.ruleset.currency).alias("currency"),
        decimal_column(program.target_pay, "target_pay"),
        decimal_column(program.root.score, "score"),
        decimal_column(program.proration, "proration"),
        *_decided(program),
        decimal_column(program.payout, "payout"),
        *(decimal_column(numbers.get(name), name) for name in (CUSTOMER_PAY, INTERNAL_PAY, OTHER_PAY)),
        *_paid(program, calculation.rules.ruleset.currency),
    ]
    return evaluation.frame.filter(program.paid).select(columns)


def _decided(program: Program) -> list[pl.Expr]:
    """What the rules compute of the payout, and what was added to it."""
    computed, nothing = program.computed, None if program.computed is None else program.computed.times(0)
    added = (decimal_column(program.numbers.get(name, nothing), name) for name in (GUARANTEE, ADJUSTMENT))
    return [decimal_column(computed, COMPUTED), *added]


def _paid(program: Program, currency: str) -> list[pl.Expr]:
    """In which currency and at which rate the payout is paid; all of it one for one where there is no exchange."""
    numbers, payout = program.numbers, program.payout
    if PAID in numbers:
        return [pl.col(PAID_CURRENCY), *(decimal_column(numbers[name], name) for name in (RATE, PAID, RATE_EFFECT))]
    one, nothing = (None, None) if payout is None else (Exact.of(1), payout.times(0))
    in_its_own = pl.lit(None if payout is None else currency, pl.String).alias(PAID_CURRENCY)
    amounts = {RATE: one, PAID: payout, RATE_EFFECT: nothing}
    return [in_its_own, *(decimal_column(amount, name) for name, amount in amounts.items())]


def _by_payee(frames: Sequence[pl.LazyFrame]) -> pl.LazyFrame:
    """The rows of all shapes, by payee; each shape's rows are in that order already."""
    if len(frames) == 1:
        return frames[0]
    return pl.concat(frames, how="vertical_relaxed").sort("payee", maintain_order=True)


def contributions(calculation: Calculation) -> pl.LazyFrame:
    """One row per payee × plan × segment × measure, and one without a measure where money was earned by none.

    What a guarantee and what adjustments added are such rows, too: their `source` says so.
    """
    return _by_payee([_contributions(each) for each in calculation.evaluations])


def _contributions(evaluation: Evaluation) -> pl.LazyFrame:
    program = evaluation.program
    places = _widest(program)
    rows = [_measure_row(program, scored, places) for scored in program.measures()]
    rows += [_row_without_measure(source, pay, places) for source, pay in _without_measure(program).items()]
    # Arrays of a column each: a list of structs, which says the same, took 400 times as long to build and to explode.
    columns = [pl.concat_arr([row[name] for row in rows]).alias(name) for name in rows[0]]
    paid = evaluation.frame.filter(program.paid).select("payee", _plan_name(program), _segment(), *columns)
    exploded = paid.explode(*rows[0])
    return exploded.filter(pl.col("measure").is_not_null() | (pl.col("pay") != 0))


def _widest(program: Program) -> dict[str, int]:
    """The decimal places that hold each column of every measure, as far as all of them leave room for."""
    columns: dict[str, list[Exact]] = {}
    if program.payout is not None:
        columns["pay"] = list(_without_measure(program).values())  # a measure may have no places of its own
    for scored in program.measures():
        for name, value in _numbers(program, scored).items():
            if value is not None:
                columns.setdefault(name, []).append(ending(value))
    return {name: _common_places(values) for name, values in columns.items()}


def _common_places(values: Sequence[Exact]) -> int:
    places = max(value.finite_places or 0 for value in values)
    room = min(_DIGITS - len(str(_whole_part(value))) for value in values)
    return min(places, room)


def _whole_part(value: Exact) -> int:
    return int(max(abs(bound) for bound in value.bounds))


def _numbers(program: Program, scored: Scored) -> dict[str, Exact | None]:
    taken = scored.taken
    assert taken is not None, "a measure was worked out from something"
    return {
        "weight": scored.weight,
        "actual": taken.actual,
        "target": taken.target,
        "attainment": taken.attainment,
        "rate": taken.rate,
        "score": scored.score,
        "pay": program.numbers.get(f"{scored.node.path}.pay"),
    }


def _measure_row(program: Program, scored: Scored, places: dict[str, int]) -> dict[str, pl.Expr]:
    node = scored.node
    assert isinstance(node, MeasureNode)
    numbers = {name: _placed(value, places.get(name)) for name, value in _numbers(program, scored).items()}
    subject_kind, subject = _subject(node, scored)
    return {
        "measure": pl.lit(node.path),
        "kpi": pl.lit(node.kpi_name),
        "perspective": pl.lit(node.kpi.perspective),
        "weight": numbers["weight"],
        "source": _source(scored),
        "subject_kind": subject_kind,
        "subject": subject,
        "actual": numbers["actual"],
        "n": _answers(node, scored),
        "path": _path(node, scored),
        **{name: numbers[name] for name in ("target", "attainment", "rate", "score", "pay")},
    }


def _without_measure(program: Program) -> dict[str | None, Exact]:
    """The money that no measure earned, by its source: none for what the rules give by themselves."""
    if program.payout is None:
        return {}
    numbers = program.numbers
    added: dict[str | None, Exact] = {name: numbers[name] for name in (GUARANTEE, ADJUSTMENT) if name in numbers}
    unearned = numbers[OTHER_PAY]
    for amount in added.values():
        unearned = unearned.minus(amount)
    return {None: unearned, **added}


def _row_without_measure(source: str | None, pay: Exact, places: dict[str, int]) -> dict[str, pl.Expr]:
    nothing: dict[str, pl.Expr] = {name: pl.lit(None, pl.String) for name in _TEXTS}
    nothing |= {name: _placed(None, places.get(name)) for name in _NUMBERS}
    told = {"source": pl.lit(source, pl.String), "n": pl.lit(None, pl.Int64), "pay": _placed(pay, places.get("pay"))}
    return nothing | told


def _placed(value: Exact | None, places: int | None) -> pl.Expr:
    if value is None or places is None:
        return pl.lit(None, pl.Decimal(_DIGITS, places or 0))
    value = ending(value)
    return (value if (value.finite_places or 0) <= places else value.rounded(places)).decimal(places)


def _source(scored: Scored) -> pl.Expr:
    """Which result counted: the own one, or the fallback that stood in for it."""
    answer = _answer(scored)
    if answer.source is None:
        return pl.lit("own")
    return pl.lit(pl.Series(list(SOURCES), dtype=pl.String)).gather(answer.source)


def _answer(scored: Scored) -> Answer:
    assert scored.taken is not None, "a measure was worked out from something"
    return scored.taken.answer


def _path(node: MeasureNode, scored: Scored) -> pl.Expr:
    """Which way decided, where there are several."""
    if scored.taken is None or scored.taken.which is None:
        return pl.lit(None, pl.String)
    return pl.lit(pl.Series([way.name for way in node.paths], dtype=pl.String)).gather(scored.taken.which)


def _subject(node: MeasureNode, scored: Scored) -> tuple[pl.Expr, pl.Expr]:
    """Whose result counted."""
    kind: pl.Expr = pl.lit(node.of)
    subject, answer = _subject_name(node.of), _answer(scored)
    for wider in ("team", "department"):
        if answer.source is not None and answer.came_from(wider) is not None:
            used = answer.source == SOURCES[wider]
            kind = pl.when(used).then(pl.lit(wider)).otherwise(kind)
            subject = pl.when(used).then(_subject_name(wider)).otherwise(subject)
    return kind, subject


def _subject_name(kind: str) -> pl.Expr:
    return pl.lit("company") if kind == "company" else pl.col(kind)


def _answers(node: MeasureNode, scored: Scored) -> pl.Expr:
    """How many facts stand behind the result that counted; missing where several results were averaged."""
    if node.parts:
        return pl.lit(None, pl.Int64)
    own, answer = pl.col(ResultKey(node.kpi_name, node.of).answers), _answer(scored)
    if answer.source is None:
        return own
    answers: pl.Expr = pl.when(answer.source.is_in(OWN_SOURCES)).then(own)
    elsewhere: dict[Fallback, ResultKey] = {
        "team": ResultKey(node.kpi_name, "team"),
        "department": ResultKey(node.kpi_name, "department"),
        "previous": ResultKey(node.kpi_name, node.of, PREVIOUS),
    }
    for name, key in elsewhere.items():
        if answer.came_from(name) is not None:
            answers = pl.when(answer.source == SOURCES[name]).then(pl.col(key.answers)).otherwise(answers)
    return answers


def held(calculation: Calculation) -> pl.DataFrame:
    """One row per row or payee that was not used, with its reason."""
    people = [calculation.assigned.held]
    for evaluation in calculation.evaluations:
        program = evaluation.program
        unpaid = evaluation.frame.filter(~program.paid).with_columns(_plan_name(program)).collect(engine="streaming")
        people += [
            unpaid.filter(hold.when).select(
                table=pl.lit("workforce"),
                key=pl.col("payee"),
                payee=pl.col("payee"),
                code=pl.lit(hold.code),
                reason=pl.concat_str(pl.lit("plan `"), "plan", pl.lit(f"`: {hold.reason}"), *_about(hold)),
            )
            for hold in program.holds
        ]
    told_once = pl.concat(people).unique()  # one gate on two nodes is one reason
    return pl.concat([calculation.measured.held, calculation.decided.unused, told_once]).sort(*HELD)


def _about(hold: Hold) -> list[pl.Expr]:
    """Which team or person a reason is about, to end its words with."""
    if hold.about is None:
        return []
    return [pl.lit(" "), pl.col(hold.about).cast(pl.String).fill_null(f"(`{hold.about}` is empty)")]


def steps(calculation: Calculation) -> pl.DataFrame:
    """One row per plan × stage column, with its sentences and the line of the rules."""
    document = calculation.rules.document
    rows = [
        {
            "plan": plan.name,
            "column": step.column,
            "node": step.node,
            "step": step.step,
            "sentence": step.en,
            "sentence_fr": step.fr,
            "places": step.rounding.kept if step.rounding else None,
            "mode": step.rounding.mode if step.rounding else None,
            "rounding": step.rounding.sentence("en") if step.rounding else None,
            "rounding_fr": step.rounding.sentence("fr") if step.rounding else None,
            "rule": _line(document, step.at),
        }
        for evaluation in calculation.evaluations
        for index, plan in enumerate(evaluation.program.plans)
        for step in steps_of(evaluation.program, index)
    ]
    texts = dict.fromkeys(("mode", "rounding", "rounding_fr"), pl.String())
    return pl.DataFrame(rows, schema_overrides={"places": pl.Int64(), **texts})


def _line(document: Document, at: tuple[str | int, ...]) -> str:
    where = document.key_at(at)
    return f"{Path(where.file).name}:{where.line}"
