"""What leaves a function at an interrupt."""

from pawl.legacy import WorkflowInterrupt

__all__ = ["WorkflowInterrupt"]
