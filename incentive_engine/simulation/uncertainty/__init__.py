"""How sure that is: forecasts, rules tried on the past, luck."""
