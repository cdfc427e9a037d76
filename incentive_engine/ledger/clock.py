"""What time it is: the one place that asks the machine, so that everything else is told."""

from __future__ import annotations

import datetime as dt


def now() -> dt.datetime:
    """This moment in UTC, to the second."""
    return dt.datetime.now(dt.UTC).replace(microsecond=0)
