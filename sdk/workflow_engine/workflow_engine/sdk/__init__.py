"""What apps import."""

from pawl.legacy import (BranchNode, CodeNode, NodeBuilder, WorkflowBuilder, WorkflowControl,
                         WorkflowLogger, WorkflowState, branch_node, code_node,
                         create_delay_node, create_loop_node, create_simple_branch_node,
                         get_apps_directory, get_config, get_project_root, interruptible,
                         pausable_node, register_function, setup_environment,
                         workflow_function)

__all__ = [
    "BranchNode", "CodeNode", "NodeBuilder", "WorkflowBuilder", "WorkflowControl",
    "WorkflowLogger", "WorkflowState", "branch_node", "code_node", "create_delay_node",
    "create_loop_node", "create_simple_branch_node", "get_apps_directory", "get_config",
    "get_project_root", "interruptible", "pausable_node", "register_function",
    "setup_environment", "workflow_function",
]
