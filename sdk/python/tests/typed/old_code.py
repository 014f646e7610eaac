"""Code of a user of the previous engine, with types. A test checks it with `mypy --strict`."""

from typing import Any, Callable, Dict

import pawl
from pawl.legacy import add_to
from workflow_engine.core.registry import register_function
from workflow_engine.sdk import (WorkflowBuilder, WorkflowControl, WorkflowLogger, WorkflowState,
                                 create_delay_node, workflow_function)


@register_function("orders.count")
def count(state: WorkflowState, logger: WorkflowLogger, interrupt_fn: Callable[..., Any],
          limit: int = 10) -> Dict[str, Any]:
    if state.pause_requested:
        interrupt_fn("paused", update={"count": 1})
    state.data["count"] = limit
    logger.info("counted", node_id="count", context={"limit": limit})
    return {"counted": True}


@workflow_function("orders.name")
def name(state: WorkflowState, logger: WorkflowLogger, interrupt: Any) -> str:
    return str(state.metadata.get("flow_version_id"))


def main() -> None:
    register_function("orders.delay", create_delay_node("delay", 1.5).execute)
    flow = WorkflowBuilder("orders").add_start_node().add_code_node("count", "orders.count")
    client = pawl.Client()
    client.create_flow(flow.dict(), publish=True)
    control = WorkflowControl(client)
    run: str = control.start_workflow("orders", {"limit": 5})
    print(control.wait_for_completion(run, 10), control.get_workflow_status(run))
    worker = pawl.Worker(client)
    add_to(worker)


if __name__ == "__main__":
    main()
