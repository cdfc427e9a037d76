"""From the score to money in words, of one payee: target pay, formulas, pools, and what each node brought."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Final

from incentive_engine.compiler.inputs import DAYS_WORKED
from incentive_engine.compiler.pools import AMOUNT, MAXIMUM, MINIMUM
from incentive_engine.compiler.program import PAYOUT
from incentive_engine.currencies import minor_digits
from incentive_engine.engine.counting import Shares, added, counted
from incentive_engine.engine.step_names import PAY_NAMES
from incentive_engine.engine.telling_steps import StepTeller, Told
from incentive_engine.engine.wording import Row
from incentive_engine.kinds.base import Rounding
from incentive_engine.kinds.pools import SharedOut
from incentive_engine.rulesets.adjustments import ADJUSTMENT, COMPUTED, DECIDED_COLUMNS, GUARANTEE
from incentive_engine.rulesets.exchange import PAID_CURRENCY

SHARES: Final = ("money", "earned", "pay")
"""The steps that divide the payout down the tree."""
_DAYS: Final = ("days", "days_employed", "pool_payees")
_NO_MONEY: Final = (
    "argument", "across", "proration", "share_of_work", "pool_factor", "pool_exact_key", "pool_key", "pool_keys",
    "pool_without", *_DAYS,
)  # fmt: skip
_CUT: Final = ("pool_part", "pool_amount", "pool_earned", "pool_unearned", *SHARES)
_WORDY: Final = (
    "pool_sum", "pool_factor", "pool_key", "pool_keys", "pool_minimum_adds", GUARANTEE, ADJUSTMENT, *_DAYS,
)  # fmt: skip
"""What is said in words as well as in numbers."""
_SHARES: Final = ("days", "days_away", "days_left_out", "days_worked", "proration", "share_of_work")
_EXCHANGED: Final = ("own_amount", "paid", "planned", "rate_effect")
_REPEATED: Final[Mapping[str, tuple[str, str]]] = {"whole": (".whole", ".exact"), "pool_key": (".key", ".exact.key")}
"""Columns that say the same as another one, where their values are the same, and how the other one ends."""
_NOTHING_ADDED: Final = re.compile(r" \+ 0(?![.,\d])")
_WHOLE: Final = re.compile(r" × 1$")
_BELOW_NOTHING: Final = re.compile(r"÷ 0$")
_BOUND_WORDS: Final = {
    "en": {
        None: "no bound changes it",
        MINIMUM: "the minimum",
        MAXIMUM: "the maximum",
        "others": "changed by what the bounds of others give or take, in proportion",
    },
    "fr": {
        None: "aucune limite n'y change rien",
        MINIMUM: "le minimum",
        MAXIMUM: "le maximum",
        "others": "changé en proportion de ce que les limites des autres donnent ou prennent",
    },
}
_NOBODY: Final = {"en": "nobody has a key", "fr": "personne n'a de clé"}
_NOTHING: Final = {"en": "gives nothing, counted as 0", "fr": "ne donne rien, compté pour 0"}
_DIVIDED_BY_NOTHING: Final = re.compile(r"/ \(?0(?![.\d])")
_CUT_WORDS: Final = {
    "en": "cut to {coin} so that the parts add up",
    "fr": "coupé à {coin} pour que la somme des parts soit exacte",
}


class PayTeller(StepTeller):
    """Tells how a score became money."""

    def of_pay(self, steps: Iterable[Row]) -> Iterator[Told]:
        """Target pay, proration, pool and payout."""
        tellers: dict[str, Callable[[Row], str | None]] = {
            "called": self.called,
            **dict.fromkeys(_SHARES, self._share),
            **dict.fromkeys(_EXCHANGED, self._exchanged),
        }
        for step in self._as_decided(steps):
            name = step["step"]
            if name not in PAY_NAMES["en"]:
                continue
            text = tellers.get(name, self._paid)(step)
            if text is not None:
                names = PAY_NAMES[self._wording.language][name], self._part(step["column"])
                yield " · ".join(filter(None, names)), text, step["rule"]

    def _as_decided(self, steps: Iterable[Row]) -> Iterator[Row]:
        """The steps without decisions that add nothing; where none does, what the rules compute is the payout."""
        if COMPUTED not in self._row:
            yield from steps
            return
        added = [name for name in (GUARANTEE, ADJUSTMENT) if self._row[name]]
        shown = [COMPUTED, *added, PAYOUT] if added else [COMPUTED]
        for step in steps:
            if step["column"] in shown or step["column"] not in (*DECIDED_COLUMNS, PAYOUT):
                yield step if added or step["column"] != COMPUTED else {**step, "step": PAYOUT}

    def shares(self, steps: Iterable[Row]) -> Iterator[Told]:
        """What each node brought, and how it follows from what it is a part of; earned money after all of it."""
        for step in steps:
            value, name = self._row.get(step["column"]), step["step"]
            if name not in SHARES or value is None:
                continue
            sentence, shown = self._sentence(step), self._money(value, step)
            if sentence == self._wording.number(value) or (name == "earned" and self._all_earned(step)):
                continue
            node = self._plan.name if step["node"] == "plan" else step["node"]
            label = f"{node} · {PAY_NAMES[self._wording.language]['pool_earned']}" if name == "earned" else node
            yield label, self._cut(sentence, shown, any_=bool(value)), step["rule"]

    def _all_earned(self, step: Row) -> bool:
        """Whether nothing was added to what a node's items earned."""
        path = step["column"].removesuffix(".earned")
        template = step["sentence"].rpartition("{")[2].removesuffix("}")
        return bool(self._row.get(f"{path}.earned_score") == self._row.get(template))

    def _part(self, column: str) -> str:
        """The title of the part of a pool that a column belongs to."""
        pool = self._plan.pool
        if pool is None or not isinstance(pool.rules, SharedOut):
            return ""
        name = column.split(".")[1] if column.startswith("pool.") else ""
        part = pool.rules.parts.get(name)
        return self._label(part.title) if part and len(pool.rules.parts) > 1 else ""

    def _paid(self, step: Row) -> str | None:
        value, name = self._row.get(step["column"]), step["step"]
        if not isinstance(value, Decimal | Fraction | int):
            return None
        end, other = _REPEATED.get(name, ("", ""))
        if other and self._row.get(step["column"].removesuffix(end) + other) == value:
            return None
        if name in ("pool_before", "pool_paid") and not self._bounded:
            return None
        if name in ("days_away", "days_left_out") and not value:
            return None
        sentence = self._sentence(step)
        if step["column"] == PAYOUT and COMPUTED in self._row:
            sentence = _NOTHING_ADDED.sub("", sentence)
        if name in ("without", "pool_without") and not value and _DIVIDED_BY_NOTHING.search(sentence):
            return f"{sentence}{self._colon}{_NOTHING[self._wording.language]}"
        shown = self._wording.number(value) if name in _NO_MONEY else self._money(value, step)
        if name in _DAYS or name in _WORDY:
            return f"{sentence}{self._colon}{shown}"
        if step["column"] == AMOUNT:
            return f"{sentence}{self._colon}{shown}, {self._bound(value)}"
        if name in _CUT:
            return self._cut(sentence, shown)
        if sentence.endswith(f"{self._colon}{self._wording.number(value)}"):
            return f"{sentence.rpartition(self._colon)[0]}{self._colon}{shown}"
        if sentence == self._wording.number(value):
            return shown
        return self._equal(sentence, shown, step)

    def _share(self, step: Row) -> str | None:
        """Days, and what share of the period they are, in units that people count."""
        value, kind, name = self._row.get(step["column"]), self._plan.proration, step["step"]
        if not isinstance(value, Decimal | Fraction | int) or kind is None:
            return None
        share, number = Shares(self._plan, kind).of(self._row), self._wording.number
        sentence, shown = self._sentence(step), number(value)
        if name == "proration":
            arithmetic = f"{kind.sentence(self._wording.language)}{self._colon}{share.arithmetic(number)}"
            return self._equal(arithmetic, shown, step)
        if name == "share_of_work":
            return self._equal(share.work(int(self._row[DAYS_WORKED]), number), shown, step)
        units = added(share.terms, number) if name == "days" else counted(kind, int(value), number)
        unit = "" if kind.per == 1 else " months" if self._wording.language == "en" else " mois"
        return f"{sentence}{self._colon}{units}{unit}"

    def _exchanged(self, step: Row) -> str | None:
        """What is converted at a rate; nothing of it is told to who is paid in the currency of the rules."""
        value, currency = self._row.get(step["column"]), self._row.get(PAID_CURRENCY)
        if currency is None or currency == self._rules.ruleset.currency:
            return None
        if not isinstance(value, Decimal | Fraction | int):
            return None
        sentence, coin = self._sentence(step), Rounding(places=minor_digits(currency))
        if step["step"] == "own_amount":
            return self._equal(sentence, self._money(value, step), step)
        if step["step"] != "rate_effect":  # each payee's own coin rounds it
            step = {**step, "places": coin.kept, "rounding": coin.sentence("en"), "rounding_fr": coin.sentence("fr")}
        return self._equal(sentence, f"{self._wording.number(value, coin.kept)} {currency}", step)

    def _money(self, value: Decimal | Fraction | int, step: Row) -> str:
        digits = max(self._plan.payout_rounding.kept, 0)
        places = 0 if step["step"] in ("target_pay", "exact", "whole", "without", "pool_fund") else digits
        return f"{self._wording.number(value, places)} {self._rules.ruleset.currency}"

    def _cut(self, sentence: str, shown: str, *, any_: bool = True) -> str:
        """A part of a whole, cut to the smallest coin so that all parts add up."""
        if "÷" not in sentence and "×" not in sentence:
            return f"{sentence}{self._colon}{shown}"
        if _BELOW_NOTHING.search(sentence):
            return f"{shown}, {_NOBODY[self._wording.language]}"
        if not any_:
            return shown
        if _WHOLE.search(sentence):
            return f"{sentence} = {shown}"
        coin = self._wording.number(Decimal(1).scaleb(-self._plan.payout_rounding.kept))
        return f"{sentence} = {shown}, {_CUT_WORDS[self._wording.language].format(coin=coin)}"

    @property
    def _bounded(self) -> bool:
        """Whether there is more to say of a pool's amount than the share of its one part."""
        pool = self._plan.pool
        parts = len(pool.rules.parts) if pool is not None and isinstance(pool.rules, SharedOut) else 0
        return parts > 1 or any(column in self._row for column in (MINIMUM, MAXIMUM))

    def _bound(self, amount: Decimal | Fraction | int) -> str:
        """Which bound decided, if any."""
        words = _BOUND_WORDS[self._wording.language]
        for column in (MINIMUM, MAXIMUM):
            if self._row.get(column) == amount:
                return words[column]
        return words[None] if self._row.get("pool.before_bounds") == amount else words["others"]
