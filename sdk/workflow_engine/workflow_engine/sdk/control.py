"""Starts and controls runs."""

from pawl.legacy import WorkflowControl

__all__ = ["WorkflowControl"]
