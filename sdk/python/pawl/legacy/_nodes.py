"""Nodes made in a program. Register the method `execute` of one as a function:

    register_function("orders.delay", create_delay_node("delay", 10).execute)
"""

import time
from typing import Any, Callable, Dict, Optional

from ._logger import WorkflowLogger
from ._state import WorkflowState

_TICK = 0.1  # seconds between two looks at a requested pause


class NodeBuilder:
    """Base of nodes."""

    def __init__(self, node_id: str) -> None:
        self.node_id = node_id

    def execute(self, state: WorkflowState, logger: WorkflowLogger,
                interrupt_fn: Callable[..., Any]) -> Dict[str, Any]:
        """Executes the node and returns what to merge into the data."""
        raise NotImplementedError(f"{type(self).__name__}.execute")

    def _leave_if_paused(self, state: WorkflowState, interrupt_fn: Callable[..., Any]) -> None:
        if state.pause_requested:
            interrupt_fn(f"node {self.node_id}: paused before it began")


class CodeNode(NodeBuilder):
    """Calls a function. An exception does not fail the step: it becomes the keys `error` and
    `node_id` of the data."""

    def __init__(self, node_id: str, function: Callable[..., Any],
                 args: Optional[Dict[str, Any]] = None) -> None:
        super().__init__(node_id)
        self.function, self.args = function, args or {}

    def execute(self, state: WorkflowState, logger: WorkflowLogger,
                interrupt_fn: Callable[..., Any]) -> Dict[str, Any]:
        self._leave_if_paused(state, interrupt_fn)
        try:
            result = self.function(state, logger, interrupt_fn, **self.args)
        except Exception as error:
            logger.error(f"node {self.node_id}: {error}")
            return {"error": str(error), "node_id": self.node_id}
        if not isinstance(result, dict):
            return {"result": result}
        state.data.update(result)
        return result


class BranchNode(NodeBuilder):
    """Calls `condition_fn(state, logger)`; the result is the key `condition_result`."""

    def __init__(self, node_id: str,
                 condition_fn: Callable[[WorkflowState, WorkflowLogger], Any]) -> None:
        super().__init__(node_id)
        self.condition_fn = condition_fn

    def execute(self, state: WorkflowState, logger: WorkflowLogger,
                interrupt_fn: Callable[..., Any]) -> Dict[str, Any]:
        self._leave_if_paused(state, interrupt_fn)
        try:
            result = self.condition_fn(state, logger)
        except Exception as error:
            logger.error(f"node {self.node_id}: {error}")
            return {"error": str(error), "node_id": self.node_id, "condition_result": False}
        logger.info(f"the condition is {result}", context={"condition_result": result})
        return {"condition_result": result, "branch_node": self.node_id}


def create_loop_node(node_id: str, iterations: int, interval_seconds: float = 0) -> CodeNode:
    """Returns a node that counts to `iterations`, with a wait between two rounds. A pause keeps
    the count."""
    count = f"{node_id}_count"

    def loop(state: WorkflowState, logger: WorkflowLogger,
             interrupt_fn: Callable[..., Any]) -> Dict[str, Any]:
        for done in range(state.data.get(count, 0), iterations):
            if done > 0:
                _wait(interval_seconds, state, lambda _: interrupt_fn(
                    f"node {node_id}: paused after round {done}", update={count: done}))
            state.data[count] = done + 1
            logger.info(f"round {done + 1} of {iterations}",
                        context={"iteration": done + 1, "total": iterations})
        return {f"{node_id}_completed": True, count: iterations}
    return CodeNode(node_id, loop)


def create_delay_node(node_id: str, delay_seconds: float, message: str = "done") -> CodeNode:
    """Returns a node that waits. A pause keeps the time that it has waited; time in which the run
    is paused does not count."""
    elapsed = f"{node_id}_elapsed"

    def delay(state: WorkflowState, logger: WorkflowLogger,
              interrupt_fn: Callable[..., Any]) -> Dict[str, Any]:
        before = state.data.get(elapsed) or 0.0
        logger.info(f"waiting for {delay_seconds - before:.1f} s")
        _wait(delay_seconds - before, state, lambda waited: interrupt_fn(
            f"node {node_id}: paused after {before + waited:.1f} s",
            update={elapsed: before + waited}))
        state.data.pop(elapsed, None)
        logger.info(message)
        return {f"{node_id}_completed": True, "delay_message": message}
    return CodeNode(node_id, delay)


def create_simple_branch_node(node_id: str, condition_key: str,
                              expected_value: Any = True) -> BranchNode:
    """Returns a node that compares a key of the data with a value."""
    return BranchNode(node_id,
                      lambda state, logger: state.data.get(condition_key) == expected_value)


def _wait(seconds: float, state: WorkflowState, pause: Callable[[float], Any]) -> None:
    """Waits, and calls `pause` with the seconds waited when a pause is requested."""
    begin = time.monotonic()
    while True:
        waited = time.monotonic() - begin
        if state.pause_requested:
            pause(waited)
        if waited >= seconds:
            return
        time.sleep(min(_TICK, seconds - waited))
