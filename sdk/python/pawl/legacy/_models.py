"""Flow definitions in the form of the previous engine."""

import json
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Dict, List, Optional, Union

from ..models import Object
from ._names import code_ref_of

Condition = Union[bool, Dict[str, Any]]


class NodeType(str, Enum):
    START = "start"
    END = "end"
    PYTHON = "python"
    CONDITION = "condition"


@dataclass
class PythonNodeData:
    """A call of the function `code_ref`."""

    code_ref: str
    args: Dict[str, Any] = field(default_factory=dict)

    def dict(self) -> Object:
        return {"code_ref": self.code_ref, "args": self.args}


@dataclass
class ConditionNodeData:
    """A JSONLogic rule."""

    expr: Dict[str, Any]

    def dict(self) -> Object:
        return {"expr": self.expr}


@dataclass
class EdgeData:
    """When the edge is taken: a JSONLogic rule, or the result of the condition before it."""

    when: Optional[Condition] = None

    def dict(self) -> Object:
        return {"when": self.when}


NodeData = Union[PythonNodeData, ConditionNodeData]


@dataclass
class WorkflowNode:
    """A node. `data` may be given as a dict; raises ValueError if it fits neither kind."""

    id: str
    type: NodeType
    data: Optional[NodeData] = None

    def __post_init__(self) -> None:
        self.type = NodeType(self.type)
        if isinstance(self.data, dict):
            self.data = _node_data(self.id, self.data)

    def dict(self) -> Object:
        return {"id": self.id, "type": self.type.value,
                "data": None if self.data is None else self.data.dict()}


@dataclass
class WorkflowEdge:
    source: str
    target: str
    data: Optional[EdgeData] = None

    def __post_init__(self) -> None:
        if isinstance(self.data, dict):
            self.data = EdgeData(self.data.get("when"))

    def dict(self) -> Object:
        return {"source": self.source, "target": self.target,
                "data": None if self.data is None else self.data.dict()}


@dataclass
class WorkflowDefinition:
    """A flow. `dict()` is its stored form."""

    name: str
    nodes: List[WorkflowNode]
    edges: List[WorkflowEdge]

    def __post_init__(self) -> None:
        self.nodes = [_node(each) for each in self.nodes]
        self.edges = [_edge(each) for each in self.edges]

    def dict(self) -> Object:
        return {"name": self.name, "nodes": [each.dict() for each in self.nodes],
                "edges": [each.dict() for each in self.edges]}

    def json(self) -> str:
        return json.dumps(self.dict(), ensure_ascii=False)

    model_dump = dict
    model_dump_json = json


def for_pawl(definition: Object, name: str) -> Object:
    """Returns a stored form as Pawl takes it, under `name`: code_refs are those of Pawl."""
    nodes = []
    for node in definition.get("nodes", []):
        data = node.get("data")
        if isinstance(data, dict) and isinstance(data.get("code_ref"), str):
            node = {**node, "data": {**data, "code_ref": code_ref_of(data["code_ref"])}}
        nodes.append(node)
    return {**definition, "name": name, "nodes": nodes}


def _node(value: Any) -> WorkflowNode:
    if isinstance(value, dict):
        return WorkflowNode(value["id"], value["type"], value.get("data"))
    if not isinstance(value, WorkflowNode):
        raise TypeError(f"a node is a WorkflowNode or a dict, not a {type(value).__name__}")
    return value


def _edge(value: Any) -> WorkflowEdge:
    if isinstance(value, dict):
        return WorkflowEdge(value["source"], value["target"], value.get("data"))
    if not isinstance(value, WorkflowEdge):
        raise TypeError(f"an edge is a WorkflowEdge or a dict, not a {type(value).__name__}")
    return value


def _node_data(node: str, data: Dict[str, Any]) -> NodeData:
    if "code_ref" in data:
        return PythonNodeData(data["code_ref"], data.get("args") or {})
    if "expr" in data:
        return ConditionNodeData(data["expr"])
    raise ValueError(f"the data of node {node!r} has neither code_ref nor expr")
