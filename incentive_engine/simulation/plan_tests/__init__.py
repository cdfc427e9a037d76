"""Plan tests: what of a rule set its examples show, what they leave out, and examples for the boundaries."""
