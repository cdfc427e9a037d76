"""Control totals: what payroll compares with what it read, by legal entity, currency and pay code."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from incentive_engine.engine.folder import fingerprint
from incentive_engine.ledger.payroll.columns import Line

FORMAT: Final = 1


@dataclass(frozen=True, slots=True, order=True)
class Total:
    """How many lines there are of one legal entity, currency and pay code, and their sum."""

    legal_entity: str
    currency: str
    pay_code: str
    lines: int
    amount: Decimal


def totals(lines: Iterable[Line]) -> list[Total]:
    """The totals of lines, by legal entity, currency and pay code."""
    amounts: dict[tuple[str, str, str], list[Decimal]] = defaultdict(list)
    for line in lines:
        amounts[line.legal_entity or "", line.currency, line.pay_code].append(line.amount)
    return [Total(*key, len(each), sum(each, Decimal())) for key, each in sorted(amounts.items())]


def in_each_currency(lines: Iterable[Line]) -> list[Total]:
    """The totals of lines by currency alone."""
    return totals(replace(line, legal_entity=None, pay_code="") for line in lines)


def control(about: Mapping[str, Any], files: Mapping[str, bytes], lines: Mapping[str, Sequence[Line]]) -> bytes:
    """The control file; `about`: what the payments are for, `files` and `lines`: by name."""
    told = {
        "format": FORMAT,
        **about,
        "files": [
            {"file": name, "sha256": fingerprint(content), "lines": len(lines[name])} for name, content in files.items()
        ],
        "totals": [
            {
                "legal_entity": each.legal_entity or None,
                "currency": each.currency,
                "pay_code": each.pay_code,
                "lines": each.lines,
                "amount": f"{each.amount:f}",
            }
            for each in totals(line for each in lines.values() for line in each)
        ],
    }
    return (json.dumps(told, indent=2, ensure_ascii=False) + "\n").encode("utf-8")
