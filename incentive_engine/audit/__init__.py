"""Is this KPI fit to pay on, and is this plan fair: statistics for reading, never an input of pay."""
