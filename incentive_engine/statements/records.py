"""The records behind a page: those that were used, and those that name the payee and were not, with the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from incentive_engine.engine.setting_aside import reason_of
from incentive_engine.kinds.base import Label
from incentive_engine.rulesets.loading import Rules
from incentive_engine.statements.languages import Language
from incentive_engine.statements.reading import Row
from incentive_engine.statements.values import Card, Pay, Unused


class RecordsWriter:
    """What is said of records, in one language."""

    def __init__(self, language: Language, rules: Rules) -> None:
        self._language, self._words = language, language.words["behind"]
        self._because: Mapping[str, Label] = {
            reason_of(name, rule): rule.because
            for name, source in rules.ruleset.sources.items()
            for rule in source.set_aside
        }

    def used(self, pays: Iterable[Pay]) -> Iterator[tuple[str, str]]:
        """What was used for each result, by the title of its measure; each once."""
        said = ((card.title, self._used(card)) for pay in pays for card in pay.cards if card.facts and card.source)
        yield from dict.fromkeys(said)

    def _used(self, card: Card) -> str:
        return str(self._words["used"]).format(facts=card.facts, source=card.source)

    def unused(self, held: Iterable[Row]) -> Iterator[Unused]:
        """One line per table and reason, in the order of their names; `held` are rows of `held.parquet`."""
        counts = Counter((row["table"], self._reason(row)) for row in held)
        for (table, reason), count in sorted(counts.items()):
            yield Unused(table, self._language.plural(self._words["count"], count), reason)

    def _reason(self, row: Row) -> str:
        because = self._because.get(row["reason"])
        if because is not None:
            return str(self._words["aside"]).format(because=self._language.label(because))
        codes: Mapping[str, str] = self._words["codes"]
        return str(codes.get(row["code"], self._words["other"]))
