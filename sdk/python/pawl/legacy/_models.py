"""Flow definitions in the form of the previous engine."""

import json
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Callable, Dict, Iterable, List, Optional, Union

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


@dataclass(init=False)
class WorkflowNode:
    """A node. `data` may be given as a dict; unknown arguments are ignored. Raises ValueError for
    an unknown type, or data of neither kind."""

    id: str
    type: NodeType
    data: Optional[NodeData] = None

    def __init__(self, id: str, type: Union[NodeType, str],
                 data: Union[NodeData, Object, None] = None, **_: Any) -> None:
        self.id, self.type = id, NodeType(type)
        self.data = _node_data(id, data) if isinstance(data, dict) else data

    def dict(self) -> Object:
        return {"id": self.id, "type": self.type.value,
                "data": None if self.data is None else self.data.dict()}


@dataclass(init=False)
class WorkflowEdge:
    """An edge. `data` may be given as a dict; unknown arguments are ignored."""

    source: str
    target: str
    data: Optional[EdgeData] = None

    def __init__(self, source: str, target: str, data: Union[EdgeData, Object, None] = None,
                 **_: Any) -> None:
        self.source, self.target = source, target
        self.data = EdgeData(data.get("when")) if isinstance(data, dict) else data

    def dict(self) -> Object:
        return {"source": self.source, "target": self.target,
                "data": None if self.data is None else self.data.dict()}


@dataclass(init=False)
class WorkflowDefinition:
    """A flow. `dict()` is its stored form. Nodes and edges may be given as dicts; unknown
    arguments are ignored."""

    name: str
    nodes: List[WorkflowNode]
    edges: List[WorkflowEdge]

    def __init__(self, name: str, nodes: Iterable[Union[WorkflowNode, Object]],
                 edges: Iterable[Union[WorkflowEdge, Object]], **_: Any) -> None:
        self.name = name
        self.nodes = [WorkflowNode(**each) if isinstance(each, dict) else each for each in nodes]
        self.edges = [WorkflowEdge(**each) if isinstance(each, dict) else each for each in edges]

    def dict(self) -> Object:
        return {"name": self.name, "nodes": [each.dict() for each in self.nodes],
                "edges": [each.dict() for each in self.edges]}

    def json(self) -> str:
        return json.dumps(self.dict(), ensure_ascii=False)

    model_dump = dict
    model_dump_json = json


def for_pawl(definition: Object, name: str,
             is_old: Callable[[str], bool] = lambda code_ref: True) -> Object:
    """Returns a stored form as Pawl takes it, under `name`. Functions that are `is_old` have the
    code_refs under which pawl.legacy registers them."""
    nodes = []
    for node in definition.get("nodes", []):
        data = node.get("data")
        code_ref = data.get("code_ref") if isinstance(data, dict) else None
        if isinstance(code_ref, str) and is_old(code_ref):
            node = {**node, "data": {**data, "code_ref": code_ref_of(code_ref)}}
        nodes.append(node)
    return {**definition, "name": name, "nodes": nodes}


def _node_data(node: str, data: Dict[str, Any]) -> NodeData:
    if "code_ref" in data:
        return PythonNodeData(data["code_ref"], data.get("args") or {})
    if "expr" in data:
        return ConditionNodeData(data["expr"])
    raise ValueError(f"the data of node {node!r} has neither code_ref nor expr")
