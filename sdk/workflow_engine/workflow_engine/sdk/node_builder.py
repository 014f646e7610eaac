"""Nodes made in a program."""

from pawl.legacy import (BranchNode, CodeNode, NodeBuilder, create_delay_node, create_loop_node,
                         create_simple_branch_node)

__all__ = ["BranchNode", "CodeNode", "NodeBuilder", "create_delay_node", "create_loop_node",
           "create_simple_branch_node"]
