"""Errors become sentences, with the document and the model's schema at hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from incentive_engine.errors import did_you_mean
from incentive_engine.mistakes.mistake import KeyPath, Mistake, Written
from incentive_engine.mistakes.raised import Raised, raised
from incentive_engine.mistakes.schema import Schema
from incentive_engine.mistakes.words import NOUNS, SENTENCES, Blanks, label, listed, shown, words_in, wrong_type


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
        """The mistakes; errors about the type of one value become one, and a misspelt key is not missing as well."""
        meant: set[tuple[KeyPath, str]] = set()
        mismatches: dict[KeyPath, list[Raised]] = {}
        for each in errors:
            if each.kind == "extra_forbidden":
                mistake, name = self._unknown_key(each)
                meant.add((each.path[:-1], name))
                yield mistake
            elif each.is_mismatch:
                mismatches.setdefault(each.path, []).append(each)
        for alike in mismatches.values():
            yield self._mismatch(alike)
        for each in errors:
            if each.kind == "missing":
                if (each.path, str(each.missing)) not in meant:
                    yield self._missing(each)
            elif each.kind in ("union_tag_invalid", "union_tag_not_found"):
                yield self._kind(each)
            elif each.kind != "extra_forbidden" and not each.is_mismatch:
                yield self._other(each)

    def _unknown_key(self, each: Raised) -> tuple[Mistake, str]:
        key = str(each.path[-1])
        hint, name = self._instead_of(each.path, key)
        return Mistake(each.path, "unknown-key", f"`{key}` is not a key that is known here", hint, on_key=True), name

    def _instead_of(self, path: KeyPath, key: str) -> tuple[str | None, str]:
        """What to write instead of an unknown key, and the key that was meant, where one can tell."""
        if key in self._renamed:
            name, _, since = self._renamed[key].partition(" ")
            return f"it was renamed to `{name}`" + (f" {since}" if since else ""), name
        known = self._schema.keys(path[:-1])
        if near := did_you_mean(key, known):
            return near, near.split("`")[1]
        if kinds := self._schema.kinds_with(path):
            return f"it belongs to the kind {listed(kinds, 'or')}", ""
        return (f"the keys here are {listed(known, 'and')}" if known else None), ""

    def _missing(self, each: Raised) -> Mistake:
        if isinstance(each.missing, int):
            return Mistake(each.path, "too-few", f"{label(each.path)} lacks its item {each.missing + 1}")
        message = f"`{each.missing}` is missing{_owner(each.path)}"
        return Mistake(each.path, "missing-key", message, self._meaning((*each.path, str(each.missing))), on_key=True)

    def _mismatch(self, alike: list[Raised]) -> Mistake:
        first, nouns, words = alike[0], [], []
        for each in alike:
            if each.kind in ("literal_error", "enum"):
                words += words_in(str(each.context["expected"]))
            else:
                nouns.append(NOUNS.get(each.kind) or str(each.context["expected_type"]))
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
        tag = str(each.context["tag"])
        message = f"there is no {key} `{tag}` for {label(each.path)}" + (f": {choices}" if choices else "")
        return Mistake((*each.path, key), "unknown-kind", message, did_you_mean(tag, kinds))

    def _other(self, each: Raised) -> Mistake:
        context, hint = each.context, self._meaning(each.path)
        if each.kind in SENTENCES:
            code, sentence = SENTENCES[each.kind]
            message = sentence.format_map(Blanks(context, label(each.path), self._found(each)))
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


def _owner(path: KeyPath) -> str:
    return f" in {label(path)}" if path else ""
