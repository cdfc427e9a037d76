"""The steps from the score to the payout: target pay, formula, pool, proration."""

from __future__ import annotations

from collections.abc import Iterator

from incentive_engine.compiler.inputs import DAYS_EMPLOYED
from incentive_engine.compiler.pools import AMOUNT, FACTOR, FUND, MAXIMUM, MINIMUM, PAYEES, SUM, part_column
from incentive_engine.compiler.program import DAYS, PAYOUT, PRORATION, TARGET_PAY
from incentive_engine.compiler.telling import COLON, LANGUAGES, Step, Telling
from incentive_engine.formulas import Formula
from incentive_engine.kinds.base import Rounding
from incentive_engine.kinds.pools import SharedOut
from incentive_engine.rulesets.resolving import KeyPath, ResolvedPool, chosen_rounding


def pay_steps(telling: Telling) -> Iterator[Step]:
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
        yield Step(PAYOUT, "plan", "payout", product, product, plan.at, plan.payout_rounding)


def _formula(
    telling: Telling, column: str, step: str, formula: Formula, at: KeyPath, rounding: Rounding | None = None,
    of: str = "payee", words: tuple[str, str] | None = None,
) -> Iterator[Step]:  # fmt: skip
    yield from telling.calls(formula, column, "plan")
    said = (formula.text,) * 2 if words is None else tuple(f"{each}: {formula.text}" for each in words)
    en, fr = (telling.formula(text, formula, of, each) for text, each in zip(said, LANGUAGES, strict=True))
    yield Step(column, "plan", step, en, fr, at, rounding)


def _payout(telling: Telling, formula: Formula) -> Iterator[Step]:
    """The payout of a formula, and what the formula would give without the scores that it names."""
    plan, numbers = telling.plan, telling.program.numbers
    at = (*plan.at, "payout")
    yield from telling.calls(formula, f"{PAYOUT}.exact", "plan")
    en, fr = (telling.formula(formula.text, formula, "payee", each) for each in LANGUAGES)
    if plan.proration is not None:
        en, fr = (f"({each}) × {{{PRORATION}}}" for each in (en, fr))
    yield Step(f"{PAYOUT}.exact", "plan", "exact", en, fr, at)
    finer = Rounding(places=min(12, plan.payout_rounding.kept + 6))
    en, fr = "the same, to compare it with", "le même, pour la comparaison"
    yield Step(f"{PAYOUT}.whole", "plan", "without", en, fr, at, finer)
    for column in numbers:
        name = column.removeprefix(f"{PAYOUT}.without_")
        if name != column and not name.endswith((".at", ".across")) and name in formula.names:
            en, fr = f"with a score of 0 in `{name}`", f"avec un score de 0 dans « {name} »"
            yield Step(column, "plan", "without", en, fr, at)
    en, fr = "with scores of 0 everywhere", "avec des scores de 0 partout"
    yield Step(f"{PAYOUT}.unearned", "plan", "without", en, fr, at)
    exact = f"{{{PAYOUT}.exact}}"
    yield Step(PAYOUT, "plan", "payout", exact, exact, at, plan.payout_rounding)


def _proration(telling: Telling) -> Iterator[Step]:
    proration, at = telling.plan.proration, (*telling.plan.at, "proration")
    assert proration is not None
    yield Step(DAYS, "plan", "days", "days that count", "jours qui comptent", at)
    share = f"{{{DAYS}}} ÷ {proration.whole(telling.plan.period)}"
    en, fr = (f"{proration.sentence(each)}{COLON[each]}{share}" for each in LANGUAGES)
    yield Step(PRORATION, "plan", "proration", en, fr, at, chosen_rounding(proration.rounding))


def _pool(telling: Telling, pool: ResolvedPool) -> Iterator[Step]:
    rules, at = pool.rules, pool.at
    minor = Rounding(places=telling.plan.payout_rounding.kept)
    fund = rules.fund
    words = fund.sentence("en"), fund.sentence("fr")
    yield from telling.calls(fund.formula, FUND, "plan")
    en, fr = (telling.formula(text, fund.formula, fund.of, each) for text, each in zip(words, LANGUAGES, strict=True))
    yield Step(FUND, "plan", "pool_fund", en, fr, (*at, "fund"), fund.rounding(minor))
    yield Step(SUM, "plan", "pool_sum", "the sum of the pool", "la somme de l'enveloppe", (*at, "fund"), minor)
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
    part, numbers = rules.parts[name], telling.program.numbers
    en, fr = (part.sentence(each) for each in LANGUAGES)
    yield Step(part_column(name, "sum"), "plan", "pool_part", en, fr, (*at, "share"))
    key = part_column(name, "key")
    exact = f"pool.{name}.exact.key"
    yield from telling.calls(part.in_proportion_to, exact, "plan")
    en, fr = (telling.formula(part.in_proportion_to.text, part.in_proportion_to, "payee", each) for each in LANGUAGES)
    yield Step(exact, "plan", "pool_exact_key", en, fr, (*at, "in_proportion_to"), part.rounding)
    yield Step(key, "plan", "pool_key", f"{{{exact}}}, not below 0", f"{{{exact}}}, au moins 0", at)
    if part_column(name, "unearned_key") in numbers:
        en, fr = "the key with scores of 0 everywhere", "la clé avec des scores de 0 partout"
        yield Step(part_column(name, "unearned_key"), "plan", "without", en, fr, at, part.rounding)
    en, fr = "the keys of all who share it", "les clés de tous ceux qui se la partagent"
    yield Step(part_column(name, "keys"), "plan", "pool_keys", en, fr, at)
    total, keys = (f"{{{part_column(name, what)}}}" for what in ("sum", "keys"))
    en = fr = f"{total} × {{{key}}} ÷ {keys}"
    yield Step(part_column(name, "amount"), "plan", "pool_amount", en, fr, at)
    for what, en, fr in (
        ("earned", "of it, earned", "dont acquis"),
        ("unearned", "of it, not earned", "dont non acquis"),
    ):
        yield Step(part_column(name, what), "plan", "pool_split", en, fr, at)


def _what_is_paid(telling: Telling, rules: SharedOut, at: KeyPath) -> Iterator[Step]:
    bounded = rules.minimum is not None or rules.maximum is not None
    en = fr = "{pool.before_bounds}"
    if bounded:
        en = f"{en}, within the bounds: what some cannot get goes to the others"
        fr = f"{fr}, dans les limites : ce que certains ne peuvent pas recevoir va aux autres"
    yield Step(AMOUNT, "plan", "pool_paid", en, fr, at)
    if "pool.unearned" in telling.program.numbers:
        en, fr = "of it, not earned, the minimum included", "dont non acquis, minimum compris"
        yield Step("pool.unearned", "plan", "pool_split", en, fr, at)
    paid = f"{{{AMOUNT}}}"
    yield Step(PAYOUT, "plan", "payout", paid, paid, telling.plan.at, telling.plan.payout_rounding)
