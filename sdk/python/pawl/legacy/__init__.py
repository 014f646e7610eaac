"""Functions of the previous engine, unchanged: `func(state, logger, interrupt, **args)`.

    from pawl.legacy import add_to, register_function

    @register_function("orders.count")
    def count(state, logger, interrupt, limit=10):
        while state.data.get("count", 0) < limit:
            if state.pause_requested:
                interrupt("paused", update={"count": state.data["count"]})
            state.data["count"] = state.data.get("count", 0) + 1
        return {"counted": True}

    worker = pawl.Worker()
    add_to(worker)
    worker.run()

`python -m pawl.legacy APPS_DIR` does this for a folder of apps.
"""

from . import _builtins as _builtins
from ._builder import WorkflowBuilder
from ._control import WorkflowControl
from ._decorators import (branch_node, code_node, interruptible, pausable_node,
                          workflow_function)
from ._env import get_apps_directory, get_config, get_project_root, setup_environment
from ._function import WorkflowInterrupt, add_to
from ._logger import WorkflowLogger, get_logger
from ._models import (ConditionNodeData, EdgeData, NodeType, PythonNodeData, WorkflowDefinition,
                      WorkflowEdge, WorkflowNode)
from ._nodes import (BranchNode, CodeNode, NodeBuilder, create_delay_node, create_loop_node,
                     create_simple_branch_node)
from ._registry import (get_registered_function, list_registered_functions, pawl_function,
                        register_function)
from ._state import WorkflowState
from ._storage import DatabaseManager

__all__ = [
    "BranchNode", "CodeNode", "ConditionNodeData", "DatabaseManager", "EdgeData", "NodeBuilder", "NodeType",
    "PythonNodeData", "WorkflowBuilder", "WorkflowControl", "WorkflowDefinition", "WorkflowEdge",
    "WorkflowInterrupt", "WorkflowLogger", "WorkflowNode", "WorkflowState", "add_to",
    "branch_node", "code_node", "create_delay_node", "create_loop_node",
    "create_simple_branch_node", "get_apps_directory", "get_config", "get_logger",
    "get_project_root", "get_registered_function", "interruptible", "list_registered_functions",
    "pausable_node", "pawl_function", "register_function", "setup_environment",
    "workflow_function",
]
