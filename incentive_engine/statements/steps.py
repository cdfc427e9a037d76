"""What happens at a node once its items are combined, line by line: modifiers, conditions, floor, cap, rounding."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from incentive_engine.rulesets.resolving import Node, chosen_rounding
from incentive_engine.statements.reading import Reading, Row, printable, signed
from incentive_engine.statements.values import Line


class NodeSteps:
    """The steps of one node, in one language."""

    def __init__(self, reading: Reading, node: Node) -> None:
        self._reading, self._node, self._words = reading, node, reading.words["steps"]
        self._percent = reading.language.numbers.percent
        label = reading.language.label
        self._modifiers = [
            (each, reading.formula(each.formula, each.of), label(each.because)) for each in node.steps.modifiers
        ]
        self._gates = [(each, reading.formula(each.when, each.of), label(each.because)) for each in node.steps.gates]

    @property
    def any(self) -> bool:
        """Whether the rules name a step here."""
        steps = self._node.steps
        return bool(steps.modifiers or steps.gates or steps.floor is not None or steps.cap is not None)

    def score(self, row: Row, score: Decimal, arithmetic: str, exact: Decimal) -> Iterator[Line]:
        """From what the items (or the curve) gave, `arithmetic` = `exact`, to the node's score."""
        name = str(self._words["score"])
        if not self.any:
            yield Line(name, self._percent(score), arithmetic, self._rounded(exact, score))
            return
        if arithmetic:
            shown = printable(exact)
            note = "" if shown == exact else str(self._words["unrounded"])
            yield Line(str(self._words["combined"]), self._percent(shown), arithmetic, note)
        value = exact
        for step in (self._modified, self._gated, self._floored, self._capped):
            lines, value = step(row, value)
            yield from lines
        yield Line(name, self._percent(score), "", self._rounded(value, score))

    def _rounded(self, exact: Decimal, score: Decimal) -> str:
        return self._reading.rounded(self._node.steps.rounding, exact, score, self._percent)

    def _modified(self, row: Row, value: Decimal) -> tuple[list[Line], Decimal]:
        lines, number = [], self._reading.language.numbers.number
        for place, (modifier, formula, because) in enumerate(self._modifiers, 1):
            factor = row.get(f"{self._node.path}.modifier_{place}")
            if not isinstance(factor, Decimal):
                factor = Decimal(1)
            written, shown = formula.with_values(row), number(factor)
            named = str(self._words["factor"]).format(because=because)
            rounding = chosen_rounding(modifier.rounding)
            note = self._step_note(written, factor, rounding.places if rounding else None)
            lines.append(Line(named, shown, "" if written == shown else written, note, applied=factor != 1))
            arithmetic = f"{self._percent(printable(value))} × {signed(factor, number)}"
            value *= factor
            lines.append(Line(str(self._words["modifier"]), self._percent(printable(value)), arithmetic))
        return lines, value

    def _step_note(self, written: str, factor: Decimal, places: int | None) -> str:
        """A formula's quotient that fills its places may have been rounded."""
        if places is None or "÷" not in written or factor == round(factor, places - 1):
            return ""
        return str(self._words["rounded"]).format(
            step=self._reading.language.numbers.number(Decimal(1).scaleb(-places))
        )

    def _gated(self, row: Row, value: Decimal) -> tuple[list[Line], Decimal]:
        lines = []
        for place, (gate, formula, because) in enumerate(self._gates, 1):
            name = str(self._words["gate"]).format(because=because)
            condition = formula.with_values(row)
            if row.get(f"{self._node.path}.gate_{place}"):
                kept = Decimal(gate.kept.numerator) / Decimal(gate.kept.denominator)
                said = str(self._words["gate_met"]).format(part=self._percent(1 - kept))
                arithmetic = f"{self._percent(printable(value))} × {self._percent(kept)}"
                value *= kept
                shown = self._percent(printable(value))
                lines.append(Line(name, shown, arithmetic, f"{said} ({condition})", applied=True))
            else:
                said = f"{self._words['gate_open']} ({condition})"
                lines.append(Line(name, self._percent(printable(value)), "", said))
        return lines, value

    def _floored(self, row: Row, value: Decimal) -> tuple[list[Line], Decimal]:
        floor = self._reading.parameter(self._node.steps.floor, row)
        if floor is None:
            return [], value
        low = value < floor
        said = self._words["lifted" if low else "above"].format(bound=self._percent(floor))
        value = max(value, floor)
        return [Line(str(self._words["floor"]), self._percent(printable(value)), "", said, applied=low)], value

    def _capped(self, row: Row, value: Decimal) -> tuple[list[Line], Decimal]:
        cap = self._reading.parameter(self._node.steps.cap, row)
        if cap is None:
            return [], value
        high = value > cap
        said = self._words["capped" if high else "kept"].format(bound=self._percent(cap))
        value = min(value, cap)
        return [Line(str(self._words["cap"]), self._percent(printable(value)), "", said, applied=high)], value
