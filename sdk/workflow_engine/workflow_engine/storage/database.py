"""Which server has the runs."""

from pawl.legacy import DatabaseManager

__all__ = ["DatabaseManager"]
