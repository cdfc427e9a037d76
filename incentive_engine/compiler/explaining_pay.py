"""The steps from the score to the payout: target pay, formula, pool, proration."""

from __future__ import annotations

from collections.abc import Iterator

from incentive_engine.compiler.inputs import DAYS_AWAY, DAYS_EMPLOYED, DAYS_LEFT_OUT, DAYS_WORKED, OWN_DAYS
from incentive_engine.compiler.pay import SCORE, compared_at
from incentive_engine.compiler.pools import AMOUNT, FACTOR, FUND, MAXIMUM, MINIMUM, PAYEES, SUM, part_column
from incentive_engine.compiler.program import DAYS, PAYOUT, PRORATION, SHARE_OF_WORK, TARGET_PAY
from incentive_engine.compiler.telling import COLON, LANGUAGES, Names, Step, Telling, bracketed
from incentive_engine.formulas import Formula
from incentive_engine.kinds.base import Rounding, written
from incentive_engine.kinds.pools import SharedOut
from incentive_engine.rulesets.adjustments import ADJUSTMENT, COMPUTED, GUARANTEE
from incentive_engine.rulesets.exchange import PAID, PLAN_RATE, PLANNED, RATE, RATE_EFFECT, ResolvedExchange
from incentive_engine.rulesets.resolving import ROOT, KeyPath, ResolvedPool, chosen_rounding, nodes_under

EXACT, WHOLE, UNEARNED = f"{PAYOUT}.exact", f"{PAYOUT}.whole", f"{PAYOUT}.unearned"
POOL_UNEARNED = "pool.unearned"
_WORKFORCE = Names()


def pay_steps(telling: Telling) -> Iterator[Step]:
    """Own amounts, target pay, the share of the period, the pool, the payout, and what is paid of it."""
    exchange = telling.plan.exchange
    if exchange is None:
        yield from _payout_steps(telling)
        yield from _decided(telling)
        return
    yield from _own_amounts(telling, exchange)
    yield from _payout_steps(telling)
    yield from _decided(telling)
    yield from _paid(telling, exchange)


def _own_amounts(telling: Telling, exchange: ResolvedExchange) -> Iterator[Step]:
    """What was converted from the payee's currency."""
    for index, name in enumerate(exchange.own):
        column = exchange.converted(name)
        if column in telling.program.numbers:
            arithmetic, at = f"{{{name}}} ÷ {{{PLAN_RATE}}}", ("exchange", "own", index)
            day = exchange.plan
            en, fr = f"`{name}` at the rate of {day}", f"« {name} » au taux du {day:%d/%m/%Y}"
            en, fr = f"{en}: {arithmetic}", f"{fr} : {arithmetic}"
            yield Step(column, "plan", "own_amount", en, fr, at, exchange.rounding)


def _decided(telling: Telling) -> Iterator[Step]:
    """What is added to what the rules compute."""
    if GUARANTEE not in telling.program.numbers:
        return
    en, fr = "what the computed payouts lack of the guarantee", "ce qui manque à la prime calculée"
    yield Step(GUARANTEE, "plan", "guarantee", en, fr, ("adjustments",))
    en, fr = "what was decided and signed", "ce qui a été décidé et signé"
    yield Step(ADJUSTMENT, "plan", "adjustment", en, fr, ("adjustments",))
    total = f"{{{COMPUTED}}} + {{{GUARANTEE}}} + {{{ADJUSTMENT}}}"
    yield Step(PAYOUT, "plan", "payout", total, total, ("adjustments",))


def _paid(telling: Telling, exchange: ResolvedExchange) -> Iterator[Step]:
    """What is paid in the payee's currency, and what the rates changed since the plan."""
    if PAID not in telling.program.numbers:
        return
    en, fr, day = exchange.rate_on.sentence("en"), exchange.rate_on.sentence("fr"), exchange.paid
    product = f"{{{PAYOUT}}} × {{{RATE}}}"
    en, fr = f"{en} ({day}): {product}", f"{fr} ({day:%d/%m/%Y}) : {product}"
    yield Step(PAID, "plan", "paid", en, fr, ("exchange", "rate_on"))
    day, product = exchange.plan, f"{{{PAYOUT}}} × {{{PLAN_RATE}}}"
    en, fr = f"at the rate of {day}: {product}", f"au taux du {day:%d/%m/%Y} : {product}"
    yield Step(PLANNED, "plan", "planned", en, fr, ("exchange", "plan"))
    difference = f"{{{PAID}}} − {{{PLANNED}}}"
    yield Step(RATE_EFFECT, "plan", "rate_effect", difference, difference, ("exchange", "plan"))


def _payout_steps(telling: Telling) -> Iterator[Step]:
    """Target pay, the share of the period, the pool, and the payout."""
    plan, numbers = telling.plan, telling.program.numbers
    if DAYS_EMPLOYED in numbers:
        en, fr = "days employed at the end of the period", "jours d'emploi à la fin de la période"
        yield Step(DAYS_EMPLOYED, "plan", "days_employed", en, fr, plan.at)
    if plan.target_pay is not None:
        yield from _formula(telling, TARGET_PAY, "target_pay", plan.target_pay, (*plan.at, "target_pay"))
    if plan.proration is not None:
        yield from _proration(telling)
    if plan.pool is not None:
        yield from _pool(telling, plan.pool)
    if plan.pool is not None and isinstance(plan.pool.rules, SharedOut):
        return
    if plan.payout is not None:
        yield from _payout(telling, plan.payout)
    elif plan.target_pay is not None:
        factors = [f"{{{TARGET_PAY}}}", "{plan.score}"]
        product = " × ".join([*factors, f"{{{PRORATION}}}"] if plan.proration else factors)
        yield Step(telling.computed, "plan", telling.computed, product, product, plan.at, plan.payout_rounding)


def _formula(
    telling: Telling, column: str, step: str, formula: Formula, at: KeyPath, rounding: Rounding | None = None,
    names: Names = _WORKFORCE,
) -> Iterator[Step]:  # fmt: skip
    yield from telling.calls(formula, column, "plan", names)
    en, fr = (telling.formula(formula.text, formula, each, names) for each in LANGUAGES)
    yield Step(column, "plan", step, en, fr, at, rounding)


def _payout(telling: Telling, formula: Formula) -> Iterator[Step]:
    """The payout of a formula, and what the formula would give without the scores that it names."""
    plan, numbers, at = telling.plan, telling.program.numbers, (*telling.plan.at, "payout")
    prorated = ("(", f") × {{{PRORATION}}}") if plan.proration is not None else ("", "")
    exact, finer = f"{{{EXACT}}}", Rounding(places=compared_at(plan))

    def given(column: str, words: tuple[str, str], nothing: frozenset[str]) -> Iterator[Step]:
        names = Names(nodes=True, nothing=nothing)
        yield from telling.calls(formula, column, "plan", names)
        en, fr = (
            telling.formula(said, formula, each, names, prorated) for said, each in zip(words, LANGUAGES, strict=True)
        )
        step, rounding = ("without", finer) if nothing else ("exact", None)
        yield Step(column, "plan", step, en, fr, at, rounding)

    yield from given(EXACT, (formula.text, formula.text), frozenset())
    yield Step(telling.computed, "plan", telling.computed, exact, exact, at, plan.payout_rounding)
    named = _named(telling)
    if named:
        yield Step(WHOLE, "plan", "whole", exact, exact, at, finer)
    for name in named:
        words = f"with a score of 0 in `{name}`", f"avec un score de 0 dans « {name} »"
        yield from given(f"{PAYOUT}.without_{name}", words, frozenset({name}))
    if UNEARNED in numbers and named:
        yield from given(UNEARNED, ("with scores of 0 everywhere", "avec des scores de 0 partout"), frozenset(named))


def _named(telling: Telling) -> list[str]:
    """The nodes whose scores the payout's formula names, in the order of the tree."""
    paths = [SCORE if node.path == ROOT else node.path for node in nodes_under(telling.plan.root)]
    return [path for path in paths if f"{PAYOUT}.without_{path}" in telling.program.numbers]


def brought(telling: Telling, path: str) -> tuple[str, str] | None:
    """How the money of a node follows from a payout's formula or a pool; None where it comes from the node above."""
    plan, pool = telling.plan, telling.plan.pool
    name = SCORE if path == ROOT else path
    if plan.payout is not None and name in _named(telling):
        parts = {each: f"({{{WHOLE}}} − {{{PAYOUT}.without_{each}}})" for each in _named(telling)}
        text = f"{{{telling.computed}}} × {parts[name]} ÷ ({' + '.join(parts.values())} + {{{UNEARNED}}})"
        return text, text
    if pool is not None and isinstance(pool.rules, SharedOut) and path == ROOT:
        earned = [f"{{{part_column(each, 'earned')}}}" for each in pool.rules.parts]
        unearned = [f"{{{part_column(each, 'unearned')}}}" for each in pool.rules.parts]
        if POOL_UNEARNED in telling.program.numbers:
            unearned = [f"{{{POOL_UNEARNED}}}"]
        text = f"{{{telling.computed}}} × {bracketed(' + '.join(earned))} ÷ ({' + '.join([*earned, *unearned])})"
        return text, text
    return None


def _proration(telling: Telling) -> Iterator[Step]:
    proration, at = telling.plan.proration, (*telling.plan.at, "proration")
    assert proration is not None
    yield Step(DAYS, "plan", "days", "days present", "jours de présence", at)
    counted, whole = f"{{{DAYS}}}", str(proration.whole(telling.plan.period, telling.plan.calendar))
    whole = f"{{{OWN_DAYS}}}" if proration.of_own_days else whole
    if telling.plan.leave is not None:
        en, fr = "of these, days on leave that do not count", "dont jours d'absence qui ne comptent pas"
        yield Step(DAYS_AWAY, "plan", "days_away", en, fr, ("leave",))
        en, fr = "days on leave, left out of the period", "jours d'absence, retirés de la période"
        yield Step(DAYS_LEFT_OUT, "plan", "days_left_out", en, fr, ("leave",))
        counted, whole = f"({counted} − {{{DAYS_AWAY}}})", f"({whole} − {{{DAYS_LEFT_OUT}}})"
    en, fr = (f"{proration.sentence(each)}{COLON[each]}{counted} ÷ {whole}" for each in LANGUAGES)
    yield Step(PRORATION, "plan", "proration", en, fr, at, chosen_rounding(proration.rounding))
    if SHARE_OF_WORK in telling.program.numbers:
        en, fr = "days present and not on leave, in all", "jours de présence sans absence, en tout"
        yield Step(DAYS_WORKED, "plan", "days_worked", en, fr, at)
        share = f"{{{DAYS_WORKED}}} ÷ {whole}"
        yield Step(SHARE_OF_WORK, "plan", "share_of_work", share, share, at, chosen_rounding(proration.rounding))


def _pool(telling: Telling, pool: ResolvedPool) -> Iterator[Step]:
    rules, at = pool.rules, pool.at
    minor = Rounding(places=telling.plan.payout_rounding.kept)
    fund, names = rules.fund, Names(rules.fund.of)
    yield from telling.calls(fund.formula, FUND, "plan", names)
    en, fr = (telling.formula(fund.sentence(each), fund.formula, each, names) for each in LANGUAGES)
    yield Step(FUND, "plan", "pool_fund", en, fr, (*at, "fund"), fund.rounding(minor))
    yield Step(SUM, "plan", "pool_sum", "the sum of the pool", "la somme de l'enveloppe", (*at, "fund"))
    yield Step(PAYEES, "plan", "pool_payees", "payees who share it", "personnes qui se la partagent", at)
    if not isinstance(rules, SharedOut):
        en = f"`{rules.solve.factor}`, the greatest whose payments do not exceed the sum"
        fr = f"« {rules.solve.factor} », le plus grand dont les paiements ne dépassent pas la somme"
        yield Step(FACTOR, "plan", "pool_factor", en, fr, (*at, "solve"))
        return
    for name in rules.parts:
        yield from _part(telling, rules, name, (*at, "parts", name))
    amounts = " + ".join(f"{{{part_column(name, 'amount')}}}" for name in rules.parts)
    yield Step("pool.before_bounds", "plan", "pool_before", amounts, amounts, at)
    for column, formula, word in ((MINIMUM, rules.minimum, "minimum"), (MAXIMUM, rules.maximum, "maximum")):
        if formula is not None:
            yield from _formula(telling, column, f"pool_{word}", formula, (*at, word), minor)
    yield from _what_is_paid(telling, rules, at)


def _part(telling: Telling, rules: SharedOut, name: str, at: KeyPath) -> Iterator[Step]:
    """One part of the pool: its sum, the payee's key, the keys of all, and what the payee gets of it."""
    part, formula, numbers = rules.parts[name], rules.parts[name].in_proportion_to, telling.program.numbers
    share = f"{{{SUM}}} × {written(part.share)}"
    yield Step(part_column(name, "sum"), "plan", "pool_part", share, share, (*at, "share"))
    exact, key, without = f"pool.{name}.exact.key", part_column(name, "key"), part_column(name, "unearned_key")
    place = (*at, "in_proportion_to")
    yield from _formula(telling, exact, "pool_exact_key", formula, place, part.rounding, Names(nodes=True))
    yield Step(key, "plan", "pool_key", f"{{{exact}}}, not below 0", f"{{{exact}}}, au moins 0", at)
    en, fr = "the keys of all who share it", "les clés de tous ceux qui se la partagent"
    yield Step(part_column(name, "keys"), "plan", "pool_keys", en, fr, at)
    total, keys, amount = (f"{{{part_column(name, what)}}}" for what in ("sum", "keys", "amount"))
    dealt = f"{total} × {{{key}}} ÷ {keys}"
    yield Step(part_column(name, "amount"), "plan", "pool_amount", dealt, dealt, at)
    left = f"{{{key}}}"
    if without in numbers:
        names = Names(nodes=True, nothing=frozenset(_scores(telling, formula)))
        yield from telling.calls(formula, without, "plan", names)
        words = ("the key with scores of 0 everywhere", "la clé avec des scores de 0 partout")
        en, fr = (telling.formula(said, formula, each, names) for said, each in zip(words, LANGUAGES, strict=True))
        yield Step(without, "plan", "pool_without", en, fr, at, part.rounding)
        left = f"{{{without}}}"
        earned = f"{amount} × ({{{key}}} − {left}) ÷ {{{key}}}"
        yield Step(part_column(name, "earned"), "plan", "pool_earned", earned, earned, at)
    unearned = f"{amount} × {left} ÷ {{{key}}}"
    yield Step(part_column(name, "unearned"), "plan", "pool_unearned", unearned, unearned, at)


def _scores(telling: Telling, formula: Formula) -> list[str]:
    """The nodes whose scores a formula names."""
    paths = {SCORE if node.path == ROOT else node.path for node in nodes_under(telling.plan.root)}
    return sorted(paths & formula.names)


def _what_is_paid(telling: Telling, rules: SharedOut, at: KeyPath) -> Iterator[Step]:
    en = fr = "{pool.before_bounds}"
    if rules.minimum is not None or rules.maximum is not None:
        en, fr = f"{en}, within the bounds", f"{fr}, dans les limites"
    yield Step(AMOUNT, "plan", "pool_paid", en, fr, at)
    if POOL_UNEARNED in telling.program.numbers:
        unearned = " + ".join(f"{{{part_column(name, 'unearned')}}}" for name in rules.parts)
        en = f"{unearned}, and what the minimum adds"
        fr = f"{unearned}, et ce que le minimum ajoute"
        yield Step(POOL_UNEARNED, "plan", "pool_minimum_adds", en, fr, at)
    paid = f"{{{AMOUNT}}}"
    yield Step(telling.computed, "plan", telling.computed, paid, paid, telling.plan.at)
