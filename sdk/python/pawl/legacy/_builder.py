"""Builds flows in a program, as the previous engine's SDK did."""

from typing import Any, Dict, List, Optional

from ..models import Object
from ._models import (Condition, ConditionNodeData, EdgeData, NodeType, PythonNodeData,
                      WorkflowDefinition, WorkflowEdge, WorkflowNode)


class WorkflowBuilder:
    """Builds a flow, node by node; each call returns the builder."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.nodes: List[WorkflowNode] = []
        self.edges: List[WorkflowEdge] = []

    def add_start_node(self, node_id: str = "start") -> "WorkflowBuilder":
        return self._add(WorkflowNode(node_id, NodeType.START))

    def add_end_node(self, node_id: str = "end") -> "WorkflowBuilder":
        return self._add(WorkflowNode(node_id, NodeType.END))

    def add_code_node(self, node_id: str, function_ref: str,
                      args: Optional[Dict[str, Any]] = None) -> "WorkflowBuilder":
        """Adds a call of the registered function `function_ref`."""
        return self._add(WorkflowNode(node_id, NodeType.PYTHON,
                                      PythonNodeData(function_ref, args or {})))

    def add_branch_node(self, node_id: str, condition: Dict[str, Any]) -> "WorkflowBuilder":
        """Adds a condition, a JSONLogic rule over the data of the run."""
        return self._add(WorkflowNode(node_id, NodeType.CONDITION, ConditionNodeData(condition)))

    def add_edge(self, from_node: str, to_node: str,
                 condition: Optional[Condition] = None) -> "WorkflowBuilder":
        """Adds an edge. `condition` is a rule, or True or False for the result of the condition
        that the edge leaves."""
        data = None if condition is None else EdgeData(condition)
        self.edges.append(WorkflowEdge(from_node, to_node, data))
        return self

    def get_node(self, node_id: str) -> Optional[WorkflowNode]:
        """Returns a node, the last one of this id, or None."""
        return next((node for node in reversed(self.nodes) if node.id == node_id), None)

    def validate(self) -> List[str]:
        """Returns what is wrong with the flow. The server checks more when it is stored."""
        types = [node.type for node in self.nodes]
        known = {node.id for node in self.nodes}
        errors = []
        if types.count(NodeType.START) != 1:
            errors.append(f"the flow has {types.count(NodeType.START)} start nodes, not 1")
        if NodeType.END not in types:
            errors.append("the flow has no end node")
        errors += [f"several nodes have the id {name!r}" for name in sorted(known)
                   if sum(node.id == name for node in self.nodes) > 1]
        for edge in self.edges:
            errors += [f"the edge from {edge.source!r} to {edge.target!r}: no node {end!r}"
                       for end in (edge.source, edge.target) if end not in known]
        return errors

    def build(self) -> WorkflowDefinition:
        return WorkflowDefinition(self.name, list(self.nodes), list(self.edges))

    def dict(self) -> Object:
        """Returns the stored form of the flow."""
        return self.build().dict()

    def _add(self, node: WorkflowNode) -> "WorkflowBuilder":
        self.nodes.append(node)
        return self
