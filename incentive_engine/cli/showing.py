"""What a run prints: totals by department, who is held and why, and where to look next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from incentive_engine.cli.door import say, typed

if TYPE_CHECKING:
    import polars as pl

    from incentive_engine.engine.overview import Total
    from incentive_engine.engine.run import Run

MOST: Final = 20
"""How many held rows are printed; the file has all."""

_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "columns": "department|paid|held|payout|of which customers",
        "decided": "worked out|guarantees|adjustments",
        "all": "all",
        "people": "{paid} paid, {held} held, {not_eligible} not eligible, of {all}",
        "and released": "{paid} paid, {released} released, {held} held, {not_eligible} not eligible, of {all}",
        "released": "released by decision",
        "corrections": "corrections of earlier periods",
        "together": "paid with this period",
        "currencies": "paid out||of which the rates since the plan",
        "pools": "pool||sum|paid|left|payees|held",
        "held": "Held, neither paid nor zero:",
        "by decision": "Released, paid by decision:",
        "unused": "Rows that could not be used:",
        "aside": "Facts that the rules set aside:",
        "more": "… and {count} more in {where}",
        "next": "{folder} holds the whole run; payouts.parquet has one row per person and plan. How one came about:",
        "open": "Three files to open:",
        "page": "what one person reads",
        "rules": "the rules, in a text editor",
        "table": "what everyone is paid, in a spreadsheet",
    },
    "fr": {
        "columns": "service|payés|retenus|prime|dont clients",
        "decided": "calculé|garanties|ajustements",
        "all": "ensemble",
        "people": "{paid} payés, {held} retenus, {not_eligible} non éligibles, sur {all}",
        "and released": "{paid} payés, {released} débloqués, {held} retenus, {not_eligible} non éligibles, sur {all}",
        "released": "débloqué par décision",
        "corrections": "régularisations de périodes passées",
        "together": "payé avec cette période",
        "currencies": "versé||dont effet des taux depuis le plan",
        "pools": "enveloppe||somme|payé|reste|personnes|retenues",
        "held": "Retenus, ni payés ni à zéro :",
        "by decision": "Débloqués, payés par décision :",
        "unused": "Lignes inutilisables :",
        "aside": "Faits que les règles écartent :",
        "more": "… et {count} de plus dans {where}",
        "next": "{folder} contient tout le calcul ; payouts.parquet, une ligne par personne et plan. Une expliquée :",
        "open": "Trois fichiers à ouvrir :",
        "page": "ce qu'une personne lit",
        "rules": "les règles, dans un éditeur de texte",
        "table": "ce que chacun reçoit, dans un tableur",
    },
}


def counts(number: int, noun: str) -> str:
    """`1 plan`, `2 plans`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def show_run(run: Run, folder: Path, language: str = "en") -> None:
    """Prints the totals, who is held and why, and where to look."""
    from incentive_engine.engine import overview
    from incentive_engine.engine.overview import facts_set_aside, neither_paid, released_people, rows_not_used

    summary, words = run.summary, _WORDS[language]
    title = summary["title"].get(language) or next(iter(summary["title"].values()))
    say(f"{title} · {summary['period']} · {summary['rule_set']} {summary['version']}\n")
    rows = [(each.department or "–", each) for each in overview.by_department(run)]
    rows.append((words["all"], overview.overall(run)))
    totals = [_cells(name, total, summary["currency"], language) for name, total in rows]
    heads = words["columns"].split("|")
    if any(total.decided for _, total in rows):
        heads[3:3] = words["decided"].split("|")
        for cells, (_, total) in zip(totals, rows, strict=True):
            cells[3:3] = [_or_dash(each, language) for each in (total.computed, total.guarantee, total.adjustment)]
    show_table([heads, *totals], "<" + ">" * len(heads[1:]))
    people = words["and released" if summary["payees"]["released"] else "people"]
    say(f"\n{people.format_map(summary['payees'])}")
    _show_currencies(summary, language)
    _show_settled(summary, language)
    _show_pools(run, folder, language)
    held = folder / "held.parquet"
    _show_list(words["held"], neither_paid(run), held, words["more"])
    _show_list(words["by decision"], released_people(run), folder / "adjustments.parquet", words["more"])
    _show_list(words["unused"], rows_not_used(run.held).drop("payee"), held, words["more"])
    _show_list(words["aside"], facts_set_aside(run.held), held, words["more"])


def _show_currencies(summary: Mapping[str, Any], language: str) -> None:
    """Prints what is paid in each currency, where it is not all in that of the rules."""
    paid: Mapping[str, Mapping[str, str]] = summary["paid"]
    if set(paid) <= {summary["currency"]}:
        return
    rows = [
        [currency, *(_number(Decimal(amount), language) for amount in amounts.values())]
        for currency, amounts in paid.items()
    ]
    say("")
    show_table([_WORDS[language]["currencies"].split("|"), *rows], "<>>")


def _show_settled(summary: Mapping[str, Any], language: str) -> None:
    """Prints what is paid beside the payouts of the period, in each currency."""
    words = _WORDS[language]
    payouts = {currency: amounts["paid"] for currency, amounts in summary["paid"].items()}
    parts = {words["columns"].split("|")[3]: payouts}
    parts |= {words[name]: summary[name] for name in ("released", "corrections") if summary[name]}
    if len(parts) == 1:
        return
    currencies = dict.fromkeys(currency for amounts in parts.values() for currency in amounts)
    rows = [
        [name, *(_or_dash(_amount(amounts, each), language) for each in currencies)] for name, amounts in parts.items()
    ]
    sums = [sum(_amount(amounts, each) or Decimal(0) for amounts in parts.values()) for each in currencies]
    rows.append([words["together"], *(_number(each, language) for each in sums)])
    say("")
    show_table([["", *currencies], *rows], "<" + ">" * len(currencies))


def _amount(amounts: Mapping[str, str], currency: str) -> Decimal | None:
    return Decimal(amounts[currency]) if currency in amounts else None


def _show_pools(run: Run, folder: Path, language: str) -> None:
    """Prints what became of the sums that were shared out."""
    words, pools = _WORDS[language], run.pools
    if pools.is_empty():
        return
    rows = [
        [pool, group or "–", *(_or_dash(number, language) for number in numbers)]
        for pool, group, *numbers in pools.select("pool", "group", "sum", "paid", "left", "payees", "held").iter_rows()
    ]
    say("")
    show_table([words["pools"].split("|"), *rows[:MOST]], "<<>>>>>")
    if len(rows) > MOST:
        say(f"  {words['more'].format(count=len(rows) - MOST, where=folder / 'pools.parquet')}")


def _or_dash(number: Decimal | int | None, language: str) -> str:
    return "–" if number is None else _number(number, language)


def show_next(run: Run, folder: Path, language: str = "en") -> None:
    """Prints where the run is, and how to explain the pay of one person in it."""
    payees = run.tables["payouts"].select("payee").head(1).collect()["payee"].to_list()
    if payees:
        say(f"\n{_WORDS[language]['next'].format(folder=folder)}")
        say(f"  {typed('explain', folder, '--payee', payees[0])}")


def show_files(page: Path, rules: Path, table: Path, language: str) -> None:
    """Prints the three files of the demo to open."""
    words = _WORDS[language]
    say(f"\n{words['open']}")
    files = {page: words["page"], rules: words["rules"], table: words["table"]}
    show_table([(str(path), meaning) for path, meaning in files.items()], "<<", indent=2)


def show_rows_held(held: pl.DataFrame) -> None:
    """Prints the rows that would be held; those that rules set aside by reason."""
    from incentive_engine.engine.overview import facts_set_aside, rows_not_used

    rows, aside = rows_not_used(held), facts_set_aside(held)
    for table in (rows.select("table", "key", "code", "reason"), aside):
        if table.height:
            show_table(table.head(MOST).rows(), "<" * table.width, indent=2)
        if table.height > MOST:
            say(f"  … and {counts(table.height - MOST, 'more row')}")


def _show_list(title: str, frame: pl.DataFrame, where: Path, more: str) -> None:
    if frame.is_empty():
        return
    say(f"\n{title}")
    show_table(frame.head(MOST).rows(), "<" * frame.width, indent=2)
    if frame.height > MOST:
        say(f"  {more.format(count=frame.height - MOST, where=where)}")


def _cells(name: str, total: Total, currency: str, language: str) -> list[str]:
    money = "–" if total.payout is None else f"{_number(total.payout, language)} {currency}"
    share = "–" if total.customer_share is None else f"{_number(total.customer_share.scaleb(2), language)} %"
    return [name, _number(total.paid, language), _number(total.held, language), money, share]


def _number(number: Decimal | int, language: str) -> str:
    text = f"{number:,}"
    return text.translate({ord(","): " ", ord("."): ","}) if language == "fr" else text


def show_table(rows: Sequence[Sequence[str | None]], sides: str, indent: int = 0) -> None:
    """Prints rows, if there are any, in columns, each to its side (`<` or `>`); the last column may be long."""
    texts = [["–" if cell is None else cell for cell in row] for row in rows]
    widths = [max((len(row[at]) for row in texts), default=0) for at in range(len(sides))]
    for row in texts:
        cells = (f"{cell:{side}{width}}" for cell, side, width in zip(row, sides, widths, strict=True))
        say((" " * indent + "  ".join(cells)).rstrip())
