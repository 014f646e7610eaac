"""Which server has the runs."""

from .database import DatabaseManager

__all__ = ["DatabaseManager"]
