"""What is wrong with a formula that parses: names, functions, arguments and types, all at once.

Types of names that nobody declared are inferred from how they are used, in this formula: two unknown names that are
compared share one type from then on. A part that is wrong gets a type that fits everywhere, so that one slip is told
once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from incentive_engine.errors import did_you_mean
from incentive_engine.formulas.folding import folded
from incentive_engine.formulas.formula import Formula
from incentive_engine.formulas.functions import CURVE, FUNCTIONS, PLACES, ROUNDINGS
from incentive_engine.formulas.tree import (
    Arithmetic,
    Call,
    Comparison,
    Logic,
    Membership,
    NameUse,
    Negative,
    Node,
    Not,
    NumberLiteral,
    TextLiteral,
    TruthLiteral,
    Type,
    flattened,
    parts,
    walk,
)

NOUNS: dict[Type, str] = {"number": "a number", "text": "text", "date": "a date", "boolean": "true or false"}
MAX_DOUBLINGS = 8
_DOUBLING = frozenset({"MIN", "MAX", "ABS"}) | ROUNDINGS
_LITERALS: dict[type[Node], Type] = {NumberLiteral: "number", TextLiteral: "text", TruthLiteral: "boolean"}


_NONE: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Name:
    """What a name stands for; `type` None is not known yet and inferred from use."""

    type: Type | None
    meaning: str


@dataclass(frozen=True, slots=True, order=True)
class FormulaProblem:
    """One thing that is wrong with a formula, at a character of its text."""

    offset: int
    code: str
    message: str
    hint: str | None = None


def check(
    formula: Formula,
    names: Mapping[str, Name],
    wanted: Type,
    curves: Collection[str] = (),
    refused: Mapping[str, str] = _NONE,
) -> tuple[dict[str, Type], list[FormulaProblem]]:
    """The types inferred for the names that have none yet, and every problem of the formula in written order.

    `curves` are those that it may call; `refused` says of the others why they cannot be called here.
    A name whose use does not tell its type (`a = b`, both unknown) is absent from the types.
    """
    checking = _Checking(formula, names, curves, refused)
    checking.want(formula.tree, wanted, whole=True)
    if max(map(_doublings, _stages(formula.tree))) > MAX_DOUBLINGS:
        message = f"more than {MAX_DOUBLINGS} of MIN, MAX, ABS, rounding and division are nested in one another"
        checking.refuse(formula.tree, "too-deep", message, "write it more simply")
    return checking.inferred(), sorted(checking.problems, key=lambda problem: (problem.offset, problem.code))


class _Open:
    """A type that is not known yet; once known, or known to be another's, it says so."""

    def __init__(self) -> None:
        self.known: Type | _Open | None = None


_AnyType = Type | _Open


class _Checking:
    def __init__(
        self, formula: Formula, names: Mapping[str, Name], curves: Collection[str], refused: Mapping[str, str]
    ) -> None:
        self.problems: list[FormulaProblem] = []
        self._names = names
        self._curves = curves
        self._refused = refused
        self._open = {name: _Open() for name in formula.names if name in names and names[name].type is None}

    def inferred(self) -> dict[str, Type]:
        found = {name: _known(each) for name, each in self._open.items()}
        return {name: type_ for name, type_ in found.items() if not isinstance(type_, _Open)}

    def refuse(self, node: Node, code: str, message: str, hint: str | None = None) -> _Open:
        self.problems.append(FormulaProblem(node.offset, code, message, hint))
        return _Open()

    def want(self, node: Node, wanted: Type, whole: bool = False) -> None:
        """The part is used as `wanted`."""
        found = self.type_of(node)
        if not _unify(found, wanted):
            self.refuse(node, "type-mismatch", *_mismatch(node, found, wanted, whole))

    def type_of(self, node: Node) -> _AnyType:
        match node:
            case NumberLiteral() | TextLiteral() | TruthLiteral():
                return _LITERALS[type(node)]
            case NameUse():
                return self._name(node)
            case Negative():
                self.want(node.operand, "number")
                return "number"
            case Arithmetic():
                return self._arithmetic(node)
            case Comparison():
                self._alike(node.left, node.right, ordered=node.sign not in ("=", "<>"))
                return "boolean"
            case Membership():
                for choice in node.choices:
                    self._alike(node.item, choice, ordered=False)
                return "boolean"
            case Logic() | Not():
                for part in parts(node):
                    self.want(part, "boolean")
                return "boolean"
            case Call():
                return self._call(node)

    def _name(self, node: NameUse) -> _AnyType:
        known = self._names.get(node.name)
        if known is not None:
            return known.type or self._open[node.name]
        if node.name.upper() in FUNCTIONS:
            written = FUNCTIONS[node.name.upper()].written
            return self.refuse(node, "unknown-name", f"`{node.name}` is a function", f"write {written}")
        if node.name in self._curves:
            return self.refuse(node, "unknown-name", f"`{node.name}` is a curve", f"write {node.name}(x)")
        hint = did_you_mean(node.name, self._names) or f'if you mean the text, put it in double quotes: "{node.name}"'
        return self.refuse(node, "unknown-name", f"there is no `{node.name}` here", hint)

    def _arithmetic(self, node: Arithmetic) -> Type:
        self.want(node.left, "number")
        self.want(node.right, "number")
        if node.sign == "/" and folded(node.right) == 0:
            self.refuse(node.right, "division-by-zero", "this divides by zero, so the result is always missing")
        return "number"

    def _alike(self, left: Node, right: Node, ordered: bool) -> None:
        before = len(self.problems)
        first, second = self.type_of(left), self.type_of(right)
        if len(self.problems) > before:
            return
        if not _unify(first, second):
            one, other = _settled(first), _settled(second)
            message = f"{_shown(left)} is {NOUNS[one]} and {_shown(right)} is {NOUNS[other]}: they cannot be compared"
            self.refuse(right, "type-mismatch", message, _comparison_hint(left, right, one, other))
        elif ordered and (type_ := _known(first)) in ("text", "boolean"):
            self.refuse(
                left,
                "type-mismatch",
                f"{_shown(left)} is {NOUNS[type_]}, which has no order",
                "compare it with = or <>",
            )

    def _call(self, node: Call) -> _AnyType:
        function = FUNCTIONS.get(node.function) or (CURVE if node.function in self._curves else None)
        if function is None:
            for argument in node.arguments:
                self.type_of(argument)
            return self._unknown_function(node)
        count = len(node.arguments)
        if count < function.least or (function.most is not None and count > function.most):
            for argument in node.arguments:
                self.type_of(argument)
            message = f"`{node.function}` takes {function.counted}, not {count}"
            written = f"{node.function}(x)" if function is CURVE else function.written
            return self.refuse(node, "wrong-arguments", message, f"write {written}")
        match node.function:
            case "IF":
                return self._if(*node.arguments)
            case "DATE":
                return self._date(node)
            case "DAYS" | "HOURS" | "WORKHOURS" | "WORKDAYS":
                self.want(node.arguments[0], "date")
                self.want(node.arguments[1], "date")
                return "number"
            case "ISMISSING":
                self.type_of(node.arguments[0])
                return "boolean"
        for argument in node.arguments:
            self.want(argument, "number")
        if node.function in ROUNDINGS:
            self._places(node)
        return "number"

    def _unknown_function(self, node: Call) -> _Open:
        name = node.function
        if name in self._refused:
            return self.refuse(node, "curve-not-allowed", f"`{name}` is a curve: {self._refused[name]}")
        hint = did_you_mean(name, [*FUNCTIONS, *self._curves]) or f"the functions are {', '.join(FUNCTIONS)}"
        if name in self._names:
            hint = f"`{name}` is {self._names[name].meaning}: write `*` to multiply"
        return self.refuse(node, "unknown-function", f"there is no function `{name}`", hint)

    def _if(self, condition: Node, then: Node, otherwise: Node) -> _AnyType:
        self.want(condition, "boolean")
        first, second = self.type_of(then), self.type_of(otherwise)
        if _unify(first, second):
            return first
        one, other = _settled(first), _settled(second)
        message = f"both results of `IF` must be alike, but one is {NOUNS[one]} and the other is {NOUNS[other]}"
        return self.refuse(otherwise, "type-mismatch", message)

    def _places(self, node: Call) -> None:
        value = folded(node.arguments[1])
        if value is None or value.denominator != 1:
            self.refuse(
                node.arguments[1],
                "wrong-arguments",
                f"the decimals of `{node.function}` must be a whole number that is written out",
                f"write {node.function}(x, 2)",
            )
        elif int(value) not in PLACES:
            self.refuse(
                node.arguments[1],
                "wrong-arguments",
                f"`{node.function}` takes {PLACES.start} to {PLACES.stop - 1} decimals, not {value}",
            )

    def _date(self, node: Call) -> Type:
        values = [folded(argument) for argument in node.arguments]
        for argument, value in zip(node.arguments, values, strict=True):
            if value is None or value.denominator != 1:
                self.refuse(
                    argument,
                    "wrong-arguments",
                    "`DATE` takes whole numbers that are written out",
                    "write DATE(2026, 1, 31)",
                )
                return "date"
        year, month, day = (int(value) for value in values if value is not None)
        try:
            dt.date(year, month, day)
        except (ValueError, OverflowError):
            self.refuse(
                node,
                "not-a-date",
                f"there is no day {year}-{month:02d}-{day:02d}",
                "write the year, the month and the day: DATE(2026, 1, 31)",
            )
        return "date"


def _stages(node: Node) -> Iterator[Node]:
    """What becomes a column of its own, and so is worked out once: the formula, and what is given to each curve."""
    yield node
    for part, _ in walk(node):
        if isinstance(part, Call) and not part.built_in:
            yield from part.arguments


def _doublings(node: Node) -> int:
    """How many steps that use their argument more than once are nested: each doubles what is worked out for a row."""
    if folded(node) is not None or (isinstance(node, Call) and not node.built_in):
        return 0
    doubles = (isinstance(node, Call) and node.function in _DOUBLING) or (
        isinstance(node, Arithmetic) and node.sign == "/" and folded(node.right) is None
    )
    inner = flattened(node) if isinstance(node, Call) and node.function in ("MIN", "MAX") else parts(node)
    return max(map(_doublings, inner), default=0) + doubles


def _known(type_: _AnyType) -> _AnyType:
    while isinstance(type_, _Open) and type_.known is not None:
        type_ = type_.known
    return type_


def _settled(type_: _AnyType) -> Type:
    """The type of a part that differs from another: only what is known can."""
    known = _known(type_)
    if isinstance(known, _Open):
        raise AssertionError("an open type fits everywhere")
    return known


def _unify(one: _AnyType, other: _AnyType) -> bool:
    """Both are the same from now on; False if they are known to differ."""
    one, other = _known(one), _known(other)
    if one is other:
        return True
    if isinstance(one, _Open):
        one.known = other
        return True
    if isinstance(other, _Open):
        other.known = one
        return True
    return one == other


def _mismatch(node: Node, found: _AnyType, wanted: Type, whole: bool) -> tuple[str, str | None]:
    type_ = _settled(found)
    hint = None
    if isinstance(node, TextLiteral) and wanted == "number":
        hint = "write numbers without quotes"
    elif wanted == "boolean" and type_ == "number":
        hint = "compare it with something: x > 0"
    elif wanted == "boolean" and type_ == "text":
        hint = 'compare it with something: x = "a"'
    elif wanted == "date" and type_ == "text":
        hint = "write a day as DATE(2026, 1, 31)"
    elif wanted == "number" and type_ == "boolean":
        hint = "write IF(condition, 1, 0)"
    place = "the formula must give" if whole else "here must stand"
    return f"{place} {NOUNS[wanted]}, but {_shown(node)} is {NOUNS[type_]}", hint


def _comparison_hint(left: Node, right: Node, one: Type, other: Type) -> str | None:
    types = {one, other}
    if types == {"date", "text"}:
        return "write a day as DATE(2026, 1, 31)"
    if types == {"number", "text"}:
        literal = left if isinstance(left, TextLiteral) else right if isinstance(right, TextLiteral) else None
        if literal is not None:
            return "write numbers without quotes"
        number = left if isinstance(left, NumberLiteral) else right if isinstance(right, NumberLiteral) else None
        return f'write text between double quotes: "{number.written}"' if number else None
    if "boolean" in types and types & {"text", "number"}:
        return "compare it with TRUE or FALSE"
    return None


def _shown(node: Node) -> str:
    match node:
        case NameUse():
            return f"`{node.name}`"
        case NumberLiteral():
            return f"`{node.written}`"
        case TextLiteral():
            return f'`"{node.value}"`'
        case TruthLiteral():
            return f"`{'TRUE' if node.value else 'FALSE'}`"
        case Call():
            return f"`{node.function}(…)`"
        case Comparison() | Membership():
            return "this comparison"
        case Logic() | Not():
            return "this condition"
        case _:
            return "this calculation"
