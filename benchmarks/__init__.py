"""Speed and memory, measured: one plan of twelve KPIs, worked out by the engine and written by hand in five ways."""
