"""Scenarios: overlays on rules, results and people, run by the engine that pays."""
