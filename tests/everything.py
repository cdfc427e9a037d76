"""One rule set that says everything that rules can say, with data: what explanations and statements are tried on."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import incentive_engine
from incentive_engine.engine.run import Run

PERIOD: Final = "2026-Q3"
RULES: Final = """
rule_set: everything
version: "2026.1"
title: {en: Everything at once, fr: Tout à la fois}
decided: {by: Committee, on: 2025-11-20, notified: 2025-12-01}
currency: EUR
timezone: Europe/Paris
workforce:
  path: workforce.csv
  columns:
    base_salary: {type: money, at_most: 200000}
    fte: {at_most: 1, places: 2}
    last_year: {at_most: 1}
    mentor_weeks: {at_most: 14, places: 0}
    hours: {at_most: 700, places: 2}
    own_target: {at_most: 1}
sources:
  surveys: {path: surveys.csv, payee: adviser, date: day, columns: {mark: {at_least: 1, at_most: 5, places: 0}}}
populations:
  peers: {who: 'role = "Adviser"', by: [department]}
kpis:
  satisfied:
    title: {en: Customers satisfied, fr: Clients satisfaits}
    meaning: {en: Would they call us again?, fr: "Nous rappelleraient-ils ?"}
    perspective: customer
    compute: {kind: share, from: surveys, where: mark >= 4}
    better: higher
  marks:
    title: {en: Average mark, fr: Note moyenne}
    perspective: customer
    compute: {kind: mean, from: surveys, value: mark}
    better: higher
    rounding: {places: 4, then: {places: 2}}
    reliability: {at_least: 2, otherwise: hold}
  nps:
    title: {en: Net Promoter Score, fr: Recommandation}
    perspective: customer
    compute: {kind: given, at_least: -100, at_most: 100}
    better: higher
    unit: {en: points, fr: points}
  speed:
    title: {en: Time to answer, fr: Délai de réponse}
    perspective: customer
    compute: {kind: given}
    better: lower
    unit: {en: seconds, fr: secondes}
  solved:
    {title: {en: Solved, fr: Réglées}, perspective: customer, compute: {kind: given, at_most: 1}, better: higher}
  calls: {title: {en: Calls, fr: Appels}, perspective: internal, compute: {kind: given}, better: higher}
  lost:
    {title: {en: Goods lost, fr: Démarque}, perspective: internal, compute: {kind: given, at_most: 1}, better: lower}
  sales:
    title: {en: Sales, fr: Ventes}
    perspective: internal
    compute: {kind: given, at_most: 20000000}
    better: higher
    rounding: {places: 2}
curves:
  on_ratio: {kind: linear, points: [[85%, 50%], [100%, 100%], [115%, 140%]], below: zero}
  on_progress: {kind: linear, points: [[0%, 0%], [50%, 100%], [100%, 140%]], below: zero}
  on_points2: {kind: linear, points: [[-20, 50%], [0, 100%], [20, 150%]], below: zero}
  on_mark: {kind: linear, points: [[3, 0%], [4, 100%], [5, 130%]], below: zero}
  s_shape: {kind: logistic, midpoint: 60%, width: 10%, low: 20%, high: 150%}
  graded: {kind: graded, tiers: [{from: 100, rate: 0.2%, jump: 50%}, {from: 300, rate: 0.1%}]}
  look: {kind: lookup, rows: [{to: 0.5%, rate: 120%}, {over: 0.5%, below: 2%, rate: 100%}, {from: 2%, rate: 0%}]}
  cross:
    kind: matrix
    across: calls
    columns: [0, 300, 500]
    rows: [{from: 0%, rates: [0%, 40%, 60%]}, {from: 80%, rates: [50%, 80%, 100%]}, {from: 90%, rates: [80%, 90%, 99%]}]
    below: zero
  on_rank: {kind: stepped, tiers: [{from: 1, rate: 150%}, {from: 2, rate: 110%}, {from: 3, rate: 70%}], below: flat}
  on_percentile: {kind: linear, points: [[0%, 40%], [50%, 100%], [100%, 160%]], below: flat}
  together: {kind: linear, points: [[20, 98%], [50, 104%]], below: flat}
  allowed: {kind: stepped, tiers: [{from: 0, rate: 1}, {from: 300, rate: 2}], below: flat, rounding: {places: 0}}
  funding: {kind: linear, points: [[0, 50%], [1000000, 100%], [2000000, 150%]], below: flat}
  bonus: {kind: stepped, tiers: [{from: 0, rate: 0%}, {from: 90%, rate: 5%}, {from: 110%, rate: 10%}], below: flat}
pools:
  shop:
    title: {en: The shop's pool, fr: Enveloppe du magasin}
    by: team
    fund: {per_payee: base_salary * fte * 4% / 4 * funding(sales), of: company}
    parts:
      merit: {title: {en: By results, fr: Selon les résultats}, share: 60%, in_proportion_to: score * hours}
      presence: {title: {en: By hours, fr: Selon les heures}, share: 40%, in_proportion_to: hours}
    minimum: 50 * fte
    maximum: 1.6% * base_salary
  fair:
    title: {en: What we can afford, fr: Ce que nous pouvons payer}
    fund: {sum: sales * 0.5%, of: company}
    solve: {factor: pace, at_most: 3, places: 6}
plans:
  adviser:
    title: {en: Adviser, fr: Conseiller}
    pays: bonus
    who: role = "Adviser"
    target_pay: base_salary * fte * 10% / 4
    scorecard:
      customer:
        title: {en: Our customers, fr: Nos clients}
        weight: 70%
        items:
          satisfied:
            weight: 40%
            of: payee
            paths:
              level: {attainment: ratio, target: {column: own_target}, curve: on_ratio}
              progress: {attainment: progress, baseline: {column: last_year}, benchmark: 90%, curve: on_progress}
          marks: {weight: 30%, of: payee, average_of: months, attainment: level, curve: on_mark}
          speed: {weight: 15%, of: payee, attainment: competition_rank, among: peers, curve: on_rank}
          among:
            {kpi: speed, weight: 15%, of: payee, attainment: percentile_midpoint, among: peers, curve: on_percentile}
      internal:
        title: {en: Our organisation, fr: Notre organisation}
        weight: 30%
        combine: min
        items:
          solved: {of: payee, attainment: level, curve: s_shape}
          calls:
            of: payee
            attainment: level
            attainment_rounding: {places: 2, then: {places: 0, mode: down}}
            curve: graded
          lost: {of: team, attainment: level, curve: look, on_missing: reweight}
    modifiers:
      - {factor: together(nps), of: company, because: {en: What all customers say, fr: Ce que disent tous les clients}}
      - {add: "IF(mentor_weeks >= 4, 5%, -2.5%)", because: {en: Mentor, fr: Tutorat}}
    gates:
      - {when: calls < 100 * allowed(calls), limit: 80%, because: {en: Few calls, fr: Peu d'appels}}
    floor: 40%
    cap: 140%
    proration: {by: calendar_days}
  leader:
    title: {en: Team leader, fr: Responsable}
    pays: bonus
    who: role = "Leader"
    target_pay: base_salary * 12% / 4
    payout: target_pay * (60% * customer + 30% * internal) + 100 * bonus(customer) + fte * 12.345
    scorecard:
      customer:
        weight: 60%
        combine: mean
        at_least: 2
        rounding: none
        items:
          satisfied:
            {of: team, attainment: between, threshold: 60%, benchmark: 95%, curve: on_ratio, on_missing: reweight}
          solved: {of: payee, target: 80%, attainment: ratio, curve: cross, on_missing: reweight}
          nps: {of: team, target: 30, attainment: difference, curve: together, on_missing: reweight}
      internal:
        weight: 40%
        combine: max
        items:
          lost: {of: team, attainment: level, curve: look}
          calls: {of: payee, target: 400, attainment: ratio, curve: on_ratio}
    proration: {by: calendar_days}
  seller:
    title: {en: Seller, fr: Vendeur}
    pays: bonus
    who: role = "Seller"
    pool: shop
    scorecard:
      nps: {weight: 70%, of: team, target: 30, attainment: difference, curve: on_points2}
      lost: {weight: 30%, of: team, attainment: level, curve: look}
    floor: 20%
  driver:
    title: {en: Driver, fr: Chauffeur}
    pays: bonus
    who: role = "Driver"
    pool: fair
    target_pay: 400 * fte
    payout: target_pay * score * pace
    scorecard:
      solved: {weight: 100%, of: payee, target: 80%, attainment: ratio, curve: on_ratio}
    proration: {by: calendar_days}
"""
PEOPLE: Final = """\
payee,name,language,department,team,role,base_salary,fte,last_year,mentor_weeks,hours,own_target,hired
A1,Adviser One,en,Care,North,Adviser,30000,1,0.65,6,430,0.8,2020-01-01
A2,Adviser Two,fr,Care,North,Adviser,31234.56,0.8,0.8,0,400,0.8,2026-08-11
A3,Adviser Three,en,Care,South,Adviser,29999.99,1,,0,400,0.75,2020-01-01
A4,Adviser Four,fr,Care,South,Adviser,28000,1,0.92,0,400,,2020-01-01
L1,Leader One,en,Care,North,Leader,42000,1,,0,430,,2020-01-01
L2,Leader Two,fr,Care,South,Leader,41000,0.9,,0,430,,2026-07-20
S1,Seller One,en,Shop,Main,Seller,24000,1,,0,430.5,,2020-01-01
S2,Seller Two,fr,Shop,Main,Seller,25000,0.5,,0,200.25,,2020-01-01
S3,Seller Three,en,Shop,Main,Seller,24000,1,,0,10,,2020-01-01
D1,Driver One,en,Road,Fleet,Driver,24000,1,,0,430,,2020-01-01
D2,Driver Two,fr,Road,Fleet,Driver,24000,0.5,,0,430,,2026-08-01
"""
RESULTS: Final = """\
subject_kind,subject,kpi,period,value
company,company,nps,2026-Q3,35
company,company,sales,2026-Q3,1234567.89
payee,A1,speed,2026-Q3,31
payee,A1,solved,2026-Q3,0.63
payee,A1,calls,2026-Q3,320
payee,A2,speed,2026-Q3,28
payee,A2,solved,2026-Q3,0.71
payee,A2,calls,2026-Q3,150
payee,A3,speed,2026-Q3,31
payee,A3,solved,2026-Q3,0.4
payee,A3,calls,2026-Q3,350
payee,A4,speed,2026-Q3,45.5
payee,A4,solved,2026-Q3,0.9
payee,A4,calls,2026-Q3,90
team,North,lost,2026-Q3,0.004
team,North,nps,2026-Q3,33
team,South,lost,2026-Q3,0.021
team,Main,nps,2026-Q3,24
team,Main,lost,2026-Q3,0.01
payee,L1,solved,2026-Q3,0.7
payee,L1,calls,2026-Q3,420
payee,L2,calls,2026-Q3,300
payee,L2,solved,2026-Q3,0.66
payee,D1,solved,2026-Q3,0.81
payee,D2,solved,2026-Q3,0.79
"""
SURVEYS: Final = {
    ("A1", "2026-07"): "5445",
    ("A1", "2026-08"): "245",
    ("A1", "2026-09"): "5554",
    ("A2", "2026-08"): "5555",
    ("A2", "2026-09"): "542",
    ("A3", "2026-07"): "4",
    ("A3", "2026-09"): "554553",
    ("A4", "2026-07"): "24445",
    ("A4", "2026-08"): "54455",
    ("A4", "2026-09"): "5453",
}
"""Marks by adviser and month, one digit each."""


def everything(folder: Path) -> Run:
    """The run of it, in a folder."""
    data = folder / "data"
    data.mkdir()
    surveys = [f"{who},{month}-15,{mark}" for (who, month), marks in SURVEYS.items() for mark in marks]
    (folder / "rules.yaml").write_text(RULES.lstrip(), encoding="utf-8")
    (data / "workforce.csv").write_text(PEOPLE, encoding="utf-8")
    (data / "kpis.csv").write_text(RESULTS, encoding="utf-8")
    (data / "surveys.csv").write_text("\n".join(["adviser,day,mark", *surveys]) + "\n", encoding="utf-8")
    return incentive_engine.run(incentive_engine.load(folder / "rules.yaml"), data, PERIOD, folder / "run")
