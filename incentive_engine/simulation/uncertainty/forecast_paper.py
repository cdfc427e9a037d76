"""Forecasts as a report: what the period will pay, how sure that is, and what is earned of it by now."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from incentive_engine.simulation.reports.paper import Money, Part, Report, Said, Section, Share, Table, Value
from incentive_engine.simulation.uncertainty.forecasting import Forecast
from incentive_engine.simulation.uncertainty.forecasts import Forecasts
from incentive_engine.simulation.uncertainty.outlooks import Outlook


def forecast_report(found: Forecasts) -> Report:
    """The forecasts of one period, each a part; the first is that of the rules as they are."""
    (first, forecast), *_ = found.of
    period, ruleset = forecast.window.period, first.rules.ruleset
    return Report(
        name="forecast",
        title=ruleset.title,
        rule_set=ruleset.rule_set,
        version=ruleset.version,
        period=period.name,
        first_day=period.start,
        parts=tuple(Part(one.title, forecast_sections(each)) for one, each in found.of),
        assumptions=_assumptions(forecast),
        fingerprints=(*(one.fingerprint for one, _ in found.of), *first.data_fingerprints),
    )


def forecast_sections(forecast: Forecast) -> tuple[Section, ...]:
    """The budget, what is earned of it, departments, and everybody."""
    accrual = (_accrual(forecast),) if forecast.elapsed else ()
    return (_budget(forecast), *accrual, _people(forecast))


def _budget(forecast: Forecast) -> Section:
    written = _Written(forecast)
    rows = tuple((row["department"], row["payees"], *written.of(row)) for row in forecast.departments.to_dicts())
    total = (Said("all"), forecast.people["payee"].n_unique(), *written.outlook(forecast.budget))
    columns = ("department", "payees", *_OUTLOOK)
    facts = (
        *written.facts(forecast.budget),
        ("seen_until", forecast.window.until),
        ("days_left", forecast.window.days_left),
    )
    return Section("forecast", facts, tables=(Table("forecast_departments", columns, rows, total, drawn=("middle",)),))


def _accrual(forecast: Forecast) -> Section:
    return Section("accrual", (("elapsed", _share(forecast.elapsed)), *_Written(forecast).facts(forecast.accrual)))


def _people(forecast: Forecast) -> Section:
    written, titles = _Written(forecast), {name: plan.title for name, plan in forecast.rules.ruleset.plans.items()}
    rows = tuple(
        (row["payee"], titles[row["plan"]], *written.of(row), _share(Fraction(row["held"])))
        for row in forecast.people.to_dicts()
    )
    return Section(
        "forecast_people",
        tables=(Table("forecast_people", ("payee", "plan", *_OUTLOOK, "held_in"), rows, drawn=("middle",)),),
    )


_OUTLOOK = ("low", "middle", "high", "expected")


@dataclass(frozen=True, slots=True)
class _Written:
    """Amounts of a forecast in its currency."""

    forecast: Forecast

    def of(self, row: dict[str, Decimal]) -> tuple[Value, ...]:
        """The amounts of a row of a frame."""
        return tuple(self._money(row[name]) for name in _OUTLOOK)

    def outlook(self, outlook: Outlook) -> tuple[Value, ...]:
        """The same amounts of one outlook."""
        return tuple(self._money(getattr(outlook, name)) for name in _OUTLOOK)

    def facts(self, outlook: Outlook) -> tuple[tuple[str, Value], ...]:
        """Expected, and from where to where."""
        money = {name: self._money(getattr(outlook, name)) for name in _OUTLOOK}
        return (
            ("expected", money["expected"]),
            ("eight_of_ten", Said("range", {name: money[name] for name in ("low", "high")})),
        )

    def _money(self, amount: Decimal) -> Money:
        return Money(amount, self.forecast.rules.ruleset.currency)


def _share(share: Fraction) -> Share:
    return Share(round(Decimal(share.numerator) / share.denominator, 3))


def _assumptions(forecast: Forecast) -> tuple[Said, ...]:
    kpis = forecast.rules.ruleset.kpis
    delivered = (Said("as_delivered", {"kpi": kpis[name].title}) for name in forecast.as_delivered)
    if forecast.draws == 1:
        return tuple(delivered)
    seen, often = (
        Said("rest_like_seen", {"seen": forecast.window.until}),
        Said("drawn_often", {"count": forecast.draws}),
    )
    return (seen, often, *delivered)
