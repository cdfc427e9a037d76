"""Who made a run, and when: `made.json` in its folder, beside what is compared when the run is worked out again."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from incentive_engine.errors import InputProblems, Problem
from incentive_engine.ledger.actors import Actor

MADE_FILE: Final = "made.json"


@dataclass(frozen=True, slots=True)
class Made:
    """Who made a run, and when."""

    by: Actor
    at: dt.datetime

    def told(self) -> Mapping[str, str]:
        """What `made.json` holds."""
        return {"by": self.by.name, "os_user": self.by.os_user, "at": self.at.isoformat()}


def made_in(folder: Path) -> Made | None:
    """Who made the run in a folder; None where it was made outside a project, by nobody who said a name.

    Raises InputProblems for a file that says something else.
    """
    try:
        told = json.loads((folder / MADE_FILE).read_text(encoding="utf-8"))
        return Made(Actor(str(told["by"]), str(told["os_user"])), dt.datetime.fromisoformat(told["at"]))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError):
        hint = "the folder was changed after the run: run again into another"
        raise InputProblems([Problem("spoilt-run", f"`{folder}` lacks a whole {MADE_FILE}", hint=hint)]) from None
