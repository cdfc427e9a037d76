"""How long each step of a calculation took: kept apart from everything that is fingerprinted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class Timings:
    """How long each step took, in seconds: kept apart from everything that is fingerprinted."""

    seconds: dict[str, float] = field(default_factory=dict)
    on_step: Callable[[str], None] | None = None
    """Told the name of each step as it begins, for whoever watches."""

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Adds the time of a block."""
        if self.on_step is not None:
            self.on_step(name)
        start = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start
