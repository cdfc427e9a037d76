"""Exchange: what is in the payees' own currencies is compared and added only where it has been converted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from incentive_engine.errors import Problem
from incentive_engine.rulesets.checked import Checked, tells
from incentive_engine.rulesets.exchange import Exchange
from incentive_engine.rulesets.models import RuleSet

_BEFORE_PAY: Final = ("who", "eligible")


@tells("own-currency", about=(Exchange,))
def own_amounts_are_converted_first(checked: Checked) -> Iterator[Problem]:
    """Nothing but what a plan pays reads an amount in the payee's own currency: it is converted there only."""
    own = frozenset(checked.rules.exchange.own if checked.rules.exchange else ())
    hint = "name a column that is not in `own`, or leave it out there and deliver it in the rules' currency"
    for use in checked.formulas:
        if use.source is None and use.at[-1] in _BEFORE_PAY:
            for name in sorted(use.named_columns & own):
                message = f"`{name}` is in each payee's own currency, and `{use.at[-1]}` would compare them as one"
                yield Problem("own-currency", message, checked.document.inside(use.at, use.offset_of(name)), hint)
    for at, name in checked.named_columns:
        if name in own and at[0] in ("tables", "populations"):
            message = f"`{name}` is in each payee's own currency: it cannot tell payees apart"
            yield Problem("own-currency", message, checked.at(*at), hint)


@tells("two-currencies", about=(Exchange,))
def currencies_change_with_their_amounts(checked: Checked) -> Iterator[Problem]:
    """Where the currency of payees changes, their own amounts are of the same days: no mean adds two currencies."""
    exchange, bases = checked.rules.exchange, _bases(checked.rules)
    basis = bases.get("currency")
    if exchange is None or basis is None:
        return
    for index, column in enumerate(exchange.own):
        other = bases.get(column)
        if other != basis:
            how = f"its own is `{other}`" if other else "no dated table says how it changes"
            message = f"`{column}` is an amount in `currency`, whose basis is `{basis}`: {how}"
            hint = f"give both in dated tables of the basis `{'end' if basis == 'end' else 'earned'}`"
            yield Problem("two-currencies", message, checked.at("exchange", "own", index), hint)


def _bases(rules: RuleSet) -> dict[str, str]:
    """The basis of every column that a dated table gives."""
    bases = {column: table.basis for table in rules.history.values() for column in table.gives}
    also = rules.assignments.also if rules.assignments else ()
    return {**dict.fromkeys(also, "earned"), **bases}
