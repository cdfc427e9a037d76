"""Corrections: what a closed period would have paid by what is known now, booked into an open one, line by line."""
