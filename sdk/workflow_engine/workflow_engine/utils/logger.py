"""Loggers."""

from pawl.legacy import WorkflowLogger, get_logger

__all__ = ["WorkflowLogger", "get_logger"]
