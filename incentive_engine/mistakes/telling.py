"""Errors become sentences, with the document and the model's schema at hand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from incentive_engine.errors import did_you_mean
from incentive_engine.mistakes.mistake import KeyPath, Mistake, Written
from incentive_engine.mistakes.raised import Raised, raised
from incentive_engine.mistakes.schema import Schema
from incentive_engine.mistakes.words import SENTENCES, Blanks, label, listed, shown, words_in, wrong_type


def mistakes(
    error: ValidationError, data: Any, model: type[BaseModel], written: Written, renamed: Mapping[str, str]
) -> list[Mistake]:
    """Everything that pydantic found wrong with `data`, each thing once."""
    telling = _Telling(Schema(model.model_json_schema(), data), written, renamed)
    return list(dict.fromkeys(telling.all(raised(error, data))))


class _Telling:
    def __init__(self, schema: Schema, written: Written, renamed: Mapping[str, str]) -> None:
        self._schema, self._written, self._renamed = schema, written, renamed

    def all(self, errors: list[Raised]) -> Iterator[Mistake]:
        """The mistakes; what is wrong with the keys of one mapping, or the type of one value, is seen together."""
        keys: dict[KeyPath, list[Raised]] = {}
        mismatches: dict[KeyPath, list[Raised]] = {}
        for each in errors:
            if each.kind == "extra_forbidden":
                keys.setdefault(each.path[:-1], []).append(each)
            elif each.kind == "missing" and isinstance(each.missing, str):
                keys.setdefault(each.path, []).append(each)
            elif each.is_mismatch:
                mismatches.setdefault(each.path, []).append(each)
            elif each.kind in ("union_tag_invalid", "union_tag_not_found"):
                yield self._kind(each)
            else:
                yield self._other(each)
        for path, alike in keys.items():
            yield from self._keys(path, alike)
        for alike in mismatches.values():
            yield self._mismatch(alike)

    def _keys(self, path: KeyPath, errors: list[Raised]) -> Iterator[Mistake]:
        """The unknown and missing keys of one mapping, against the form that it comes nearest to."""
        known = self._schema.keys(path)
        unknown = [each.path for each in errors if each.missing is None and each.path[-1] not in known]
        missing = [str(each.missing) for each in errors if each.missing in known]
        if not unknown and not missing:  # pydantic saw another form, and this one has no fault of its own
            unknown = [each.path for each in errors if each.missing is None]
            missing = [str(each.missing) for each in errors if each.missing is not None]
        meant = set()
        for each in unknown:
            hint, name = self._instead_of(each, known)
            meant.add(name)
            yield Mistake(each, "unknown-key", f"`{each[-1]}` is not a key that is known here", hint, on_key=True)
        for key in missing:
            if key not in meant:
                message = f"`{key}` is missing{_owner(path)}"
                yield Mistake(path, "missing-key", message, self._meaning((*path, key)), on_key=True)

    def _instead_of(self, path: KeyPath, known: list[str]) -> tuple[str | None, str]:
        """What to write instead of an unknown key, and the key that was meant, where one can tell."""
        key = str(path[-1])
        if key in self._renamed:
            name, _, since = self._renamed[key].partition(" ")
            return f"it was renamed to `{name}`" + (f" {since}" if since else ""), name
        if re.fullmatch(r"\d+%?", key):
            return "inside braces a comma ends the value: write numbers with a decimal point, as 12.5%", ""
        if key.endswith((")", '"')):
            return "inside braces a comma ends the value: put a formula that has commas in single quotes", ""
        if near := did_you_mean(key, [each for each in known if each != key]):
            return near, near.split("`")[1]
        if kinds := self._schema.kinds_with(path):
            return f"it belongs to the kind {listed(kinds, 'or')}", ""
        return (f"the keys here are {listed(known, 'and')}" if known else None), ""

    def _mismatch(self, alike: list[Raised]) -> Mistake:
        first = alike[0]
        nouns: list[str] = []
        words: list[str] = []
        for each in alike:
            if each.kind in ("literal_error", "enum"):
                words += words_in(str(each.context["expected"]))
            else:
                nouns += each.nouns
        nouns, words = list(dict.fromkeys(nouns)), list(dict.fromkeys(words))
        if words and not nouns and first.value is not None:
            must = f"must be `{words[0]}`" if len(words) == 1 else f"must be one of {listed(words, 'or')}"
            message = f"{label(first.path)} {must}, not {self._found(first)}"
            near = did_you_mean(first.value, words) if isinstance(first.value, str) else None
            return Mistake(first.path, "unknown-value", message, near or self._meaning(first.path))
        expected = [*nouns, *(f"`{word}`" for word in words)]
        return wrong_type(first.path, expected, first.value, self._written(first.path), self._meaning(first.path))

    def _kind(self, each: Raised) -> Mistake:
        key = str(each.context["discriminator"]).strip("'")
        kinds = words_in(str(each.context.get("expected_tags", ""))) or self._schema.kinds(each.path, key)
        choices = f"it is one of {listed(kinds, 'or')}" if kinds else None
        if each.kind == "union_tag_not_found":
            return Mistake(each.path, "missing-key", f"`{key}` is missing{_owner(each.path)}", choices, on_key=True)
        path, tag = (*each.path, key), each.value.get(key)
        if not isinstance(tag, str):
            return wrong_type(path, [f"`{kind}`" for kind in kinds], tag, self._written(path), None)
        message = f"there is no {key} `{tag}` for {label(each.path)}" + (f": {choices}" if choices else "")
        return Mistake(path, "unknown-kind", message, did_you_mean(tag, kinds))

    def _other(self, each: Raised) -> Mistake:
        context, hint = each.context, self._meaning(each.path)
        if isinstance(each.missing, int):
            code, message = "too-few", f"{label(each.path)} lacks its item {each.missing + 1}"
        elif each.on_key:
            code, message = "wrong-key", f"`{each.path[-1]}` cannot be a key{_owner(each.path[:-1], 'of')}"
            hint = self._meaning(each.path[:-1])
        elif each.kind in SENTENCES:
            code, sentence = SENTENCES[each.kind]
            message = sentence.format_map(Blanks(context, label(each.path), self._found(each), each.value))
        elif each.kind in ("value_error", "assertion_error"):
            code, message = "wrong-value", str(context.get("error") or each.said)
        else:
            # A validator of ours, with its own code and words, a hint, and the place below this one that it is about.
            code, message, hint = each.kind.replace("_", "-"), each.said, context.get("hint")
        path = (*each.path, *(context.get("at") or ()))
        return Mistake(path, code, message, hint, each.on_key, context.get("offset"))

    def _meaning(self, path: KeyPath) -> str | None:
        meaning = self._schema.meaning(path)
        return f"`{path[-1]}`: {meaning}" if meaning else None

    def _found(self, each: Raised) -> str:
        return shown(each.value, self._written(each.path))


def _owner(path: KeyPath, preposition: str = "in") -> str:
    return f" {preposition} {label(path)}" if path else ""
