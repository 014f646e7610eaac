"""Decorators of functions."""

from pawl.legacy import branch_node, code_node, interruptible, pausable_node, workflow_function

__all__ = ["branch_node", "code_node", "interruptible", "pausable_node", "workflow_function"]
