"""A case and what the oracle says of it, to read beside the engine's results."""

from __future__ import annotations

from collections.abc import Iterator

from tests.case_files import cell_text
from tests.drawn import as_yaml
from tests.oracle import Case, Node, settled


def told(case: Case) -> str:
    """The case and the oracle's results, to read beside the engine's."""
    lines = [as_yaml(case.rules), f"period: {case.period}"]
    lines += ["before:", as_yaml(case.before, 1)] if case.before else []
    for name, rows in case.tables.items():
        lines.append(f"\n{name}: " + " | ".join(case.columns[name]))
        lines += ["  " + " | ".join(cell_text(row[column]) for column in case.columns[name]) for row in rows]
    lines.append("\nthe oracle:")
    expected, pools = settled(case)
    lines += [f"  {pool}" for pool in pools]
    for (payee, plan, number), outcome in expected.items():
        days = [str(day) for day in outcome.card.days]
        lines.append(
            f"  {payee} {plan} {number}, {' to '.join(days[:1] + days[-1:])}: "
            + ("paid" if outcome.paid else ", ".join(sorted(outcome.codes)) or "out")
        )
        lines.append(f"    {outcome.tests} target pay {outcome.target_pay}, proration {outcome.proration}")
        lines.append(f"    {outcome.customer_pay} + {outcome.internal_pay} + {outcome.other_pay} = {outcome.payout}")
        if outcome.root is not None:
            lines += [f"    {line}" for line in tree(outcome.root)]
    return "\n".join(lines)


def tree(node: Node) -> Iterator[str]:
    steps = f"exact {node.exact}, earned {node.earned}, score {node.score}"
    if not node.items:
        steps = (
            f"{node.how}: {node.used.value} (n {node.used.n}; own {node.own.value}, n {node.own.n}) "
            f"target {node.target} attainment {node.attainment} rate {node.rate}; {steps}, pay {node.pay}"
            + "".join(f"; {name}: {way.attainment} → {way.rate} {sorted(way.codes)}" for name, way in node.ways.items())
        )
    yield f"{node.path or 'plan'}: weight {node.weight}, {'left out, ' if node.left_out else ''}{steps}"
    for item in node.items:
        yield from (f"  {line}" for line in tree(item))
