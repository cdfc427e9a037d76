"""What a rule set must keep beyond its form: each check is named for what it guarantees, and never raises."""
