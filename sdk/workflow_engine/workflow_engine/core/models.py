"""Flow definitions and the state of a call."""

from pawl.legacy import (ConditionNodeData, EdgeData, NodeType, PythonNodeData,
                         WorkflowDefinition, WorkflowEdge, WorkflowNode, WorkflowState)

__all__ = ["ConditionNodeData", "EdgeData", "NodeType", "PythonNodeData", "WorkflowDefinition",
           "WorkflowEdge", "WorkflowNode", "WorkflowState"]
