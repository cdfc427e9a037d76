"""The benchmark's plan, varied: once per team with other weights, targets and points for each; or paid from pools."""

from __future__ import annotations

from benchmarks.workload import RULES


def many_plans(number: int) -> str:
    """A rule set of so many plans, as YAML: one per team, no two alike."""
    head, plan = RULES.read_text(encoding="utf-8").split("plans:\n")
    head = head[: head.index("curves:\n")]
    curves, plans = ["curves:"], ["plans:"]
    for team in range(number):
        lift = team % 40
        points = {
            "on_ratio": f"[{70 + lift / 10}%, 0%], [{90 + lift / 20}%, 60%], [100%, {100 + lift / 4}%], [120%, 150%]",
            "on_points": f"[-20, {40 - lift / 2}%], [0, 100%], [{30 + lift}, 150%]",
            "few_reopened": f"[2%, {140 + lift}%], [7%, 100%], [14%, 0%]",
        }
        for name, written in points.items():
            below = "flat" if name == "few_reopened" else "zero"
            curves.append(f"  {name}_{team}: {{kind: linear, points: [{written}], below: {below}}}")
        tiers = f"{{from: {5 + lift / 10}, rate: 50%}}, {{from: 14, rate: 100%}}, {{from: 28, rate: 120%}}"
        curves.append(f"  by_hours_{team}: {{kind: stepped, tiers: [{tiers}], below: zero}}")
        own = plan.replace("  adviser:\n", f"  team_{team}:\n").replace('role = "Adviser"', f'team = "T{team:04d}"')
        for name in ("on_ratio", "on_points", "few_reopened", "by_hours"):
            own = own.replace(f"curve: {name}}}", f"curve: {name}_{team}}}")
        own = own.replace("target: 45,", f"target: {30 + team % 30},").replace(
            "target: 85%,", f"target: {75 + team % 20}%,"
        )
        own = own.replace("cap: 150%", f"cap: {140 + team % 60}%")
        plans.append(own.rstrip("\n"))
    return head + "\n".join([*curves, "", *plans]) + "\n"


def plain_plan() -> str:
    """The plan as it is."""
    return RULES.read_text(encoding="utf-8")


def with_pool() -> str:
    """The same plan, paid from a pool for each team: by score and by equal shares, up to a limit."""
    pool = """pools:
  teams:
    title: {en: Team pool}
    by: team
    fund: {per_payee: target_pay, of: company}
    parts:
      performance: {title: {en: By score}, share: 80%, in_proportion_to: score * target_pay * proration}
      equal: {title: {en: Equal}, share: 20%, in_proportion_to: "1"}
    maximum: base_salary * 20% / 4
"""
    head, plan = plain_plan().split("plans:\n")
    return f"{head}{pool}plans:\n{plan.replace('    scorecard:', '    pool: teams' + chr(10) + '    scorecard:', 1)}"


def with_salaries() -> str:
    """The same plan, paid on the salaries of a dated table: each stretch of days on its own."""
    head, rest = plain_plan().split("kpis:\n", 1)
    return f"{head}history:\n  salaries: {{path: salaries.csv, gives: [base_salary]}}\n\nkpis:\n{rest}"
