"""Registration, and the types of parameters."""

from pawl.legacy import WorkflowLogger, WorkflowState, register_function

__all__ = ["WorkflowLogger", "WorkflowState", "register_function"]
