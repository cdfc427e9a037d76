"""What happens at a node once its items are combined, line by line: modifiers, conditions, floor, cap, rounding."""

from __future__ import annotations

from collections.abc import Iterator

from incentive_engine.compiler.telling import Names
from incentive_engine.engine.comparing import Number
from incentive_engine.rulesets.resolving import Node, chosen_rounding
from incentive_engine.statements.curves import CallWriter
from incentive_engine.statements.digits import ends
from incentive_engine.statements.reading import Reading, Row, combined, number_in
from incentive_engine.statements.values import Line


class NodeSteps:
    """The steps of one node, in one language.

    Beside the score runs the part of it that the items earned, once points are added that no measure earned.
    """

    def __init__(self, reading: Reading, node: Node) -> None:
        self._reading, self._node, self._words = reading, node, reading.words["steps"]
        self._score = reading.score
        label, path = reading.language.label, node.path
        self._modifiers = [
            (
                each,
                reading.formula(each.formula, Names(each.of)),
                label(each.because),
                CallWriter(reading, each.formula, f"{path}.modifier_{number}", Names(each.of)),
            )
            for number, each in enumerate(node.steps.modifiers, 1)
        ]
        self._gates = [
            (
                each,
                reading.formula(each.when, Names(each.of)),
                label(each.because),
                CallWriter(reading, each.when, f"{path}.gate_{number}", Names(each.of)),
            )
            for number, each in enumerate(node.steps.gates, 1)
        ]

    @property
    def any(self) -> bool:
        """Whether the rules name a step here."""
        steps = self._node.steps
        return bool(steps.modifiers or steps.gates or steps.floor is not None or steps.cap is not None)

    def score(self, row: Row, arithmetic: str, exact: Number) -> Iterator[Line]:
        """From what the items (or the curve) gave, `arithmetic` = `exact`, to the node's score."""
        name, score = str(self._words["score"]), number_in(row, f"{self._node.path}.score")
        assert score is not None, "a node that counts has a score"
        if not self.any:
            yield Line(name, self._shown(score), arithmetic, self._rounded(exact, score))
            return
        if arithmetic:
            yield Line(str(self._words["combined"]), self._shown(exact), arithmetic, self._endless(exact))
        value: Number = exact
        for lines, after in self._each(row, exact):
            yield from lines
            value = after
        yield Line(name, self._shown(score), "", self._rounded(value, score))
        final = number_in(row, f"{self._node.path}.earned_score")
        if final is not None and final != value:
            yield self._earned("", final)

    def _each(self, row: Row, value: Number) -> Iterator[tuple[list[Line], Number]]:
        """The lines of each step, with the score behind it."""
        earned: Number | None = None
        for place in range(1, len(self._modifiers) + 1):
            lines, value, earned = self._modified(row, place, value, earned)
            yield lines, value
        for place in range(1, len(self._gates) + 1):
            lines, value, earned = self._gated(row, place, value, earned)
            yield lines, value
        for name in ("floor", "cap"):
            lines, value = self._bounded(row, name, value)
            yield lines, value

    def _shown(self, number: Number) -> str:
        return self._score(number)

    def _endless(self, number: Number) -> str:
        """What to say where not all digits are printed."""
        return "" if ends(number) else self._reading.unrounded(number)

    def _inside(self, number: Number) -> str:
        return self._reading.language.numbers.inside(number, self._score)

    def _earned(self, arithmetic: str, value: Number, note: str = "") -> Line:
        notes = note or str(self._words["earned_note"]), self._endless(value)
        return Line(str(self._words["earned"]), self._shown(value), arithmetic, ", ".join(filter(None, notes)))

    def _rounded(self, exact: Number, score: Number) -> str:
        return self._reading.rounded(self._node.steps.rounding, exact, score, self._score)

    def _modified(
        self, row: Row, place: int, value: Number, earned: Number | None
    ) -> tuple[list[Line], Number, Number | None]:
        modifier, formula, because, calls = self._modifiers[place - 1]
        path, write = self._node.path, self._reading.language.numbers.number
        number, after = (number_in(row, f"{path}.{name}_{place}") for name in ("modifier", "after_modifier"))
        if number is None or after is None:
            return [], value, earned
        factor = modifier.sign == "×"
        show, written = write if factor else self._score, formula.with_values(row)
        plain = show(number)

        def inside(each: Number) -> str:
            return self._reading.language.numbers.inside(each, show)

        because = str(self._words["factor" if factor else "points"]).format(because=because)
        note = self._reading.maybe_rounded(written, number, chosen_rounding(modifier.rounding), write)
        said = written if written not in (plain, write(number)) else ""
        lines = [*calls.lines(row), Line(because, plain, said, note, applied=number != int(factor))]
        arithmetic = combined(self._inside(value), modifier.sign, number, inside)
        lines.append(Line(str(self._words["modifier"]), self._shown(after), arithmetic, self._endless(after)))
        if not modifier.earns:
            return lines, after, value if earned is None else earned
        kept = number_in(row, f"{path}.earned_modifier_{place}")
        if kept is not None and earned is not None:
            lines.append(self._earned(combined(self._inside(earned), modifier.sign, number, inside), kept))
            earned = kept
        return lines, after, earned

    def _gated(
        self, row: Row, place: int, value: Number, earned: Number | None
    ) -> tuple[list[Line], Number, Number | None]:
        gate, formula, because, calls = self._gates[place - 1]
        path, language = self._node.path, self._reading.language
        name, condition = str(self._words["gate"]).format(because=because), formula.with_values(row)
        after = number_in(row, f"{path}.after_gate_{place}")
        if after is None:
            return [], value, earned
        kept = number_in(row, f"{path}.earned_gate_{place}")
        lines = [*calls.lines(row)]
        if not row.get(f"{path}.gate_{place}"):
            said = f"{self._words['gate_open']} ({condition})"
            return [*lines, Line(name, self._shown(after), "", said)], after, earned if kept is None else kept
        effect = self._reading.in_words(gate.effect(language.of_rules))
        said = f"{str(self._words['gate_met']).format(effect=effect)} ({condition})"
        note = ", ".join(filter(None, (said, self._endless(after))))
        lines.append(Line(name, self._shown(after), self._shut(place, value), note, applied=True))
        if kept is not None and earned is not None:
            lines.append(self._earned(self._shut(place, earned), kept))
            earned = kept
        return lines, after, earned

    def _shut(self, place: int, value: Number) -> str:
        """The score behind a gate whose condition holds, for a pocket calculator."""
        gate = self._gates[place - 1][0]
        worked = gate.worked(self._inside(value), self._score)
        return worked.replace(", ", f"{self._reading.words['argument_sign']} ")

    def _bounded(self, row: Row, name: str, value: Number) -> tuple[list[Line], Number]:
        """The floor or the cap."""
        bound = self._reading.parameter(getattr(self._node.steps, name), row)
        if bound is None:
            return [], value
        after = max(value, bound) if name == "floor" else min(value, bound)
        applied = after != value
        said = self._words["bounds"][name]["applied" if applied else "idle"].format(bound=self._score(bound))
        return [Line(str(self._words[name]), self._shown(after), "", said, applied=applied)], after
