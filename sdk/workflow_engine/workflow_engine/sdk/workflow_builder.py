"""Builds flows."""

from pawl.legacy import WorkflowBuilder

__all__ = ["WorkflowBuilder"]
