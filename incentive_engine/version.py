"""The version, in the one place that both the build and a run's fingerprint read.

A module of its own, so that the engine can name its version without importing the package's API, and from a checkout
that was never installed.
"""

__version__ = "0.1.0"
