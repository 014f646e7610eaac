"""The functions that the previous engine brought along."""

from datetime import datetime, timezone
from typing import Any, Dict, List

from ._logger import WorkflowLogger
from ._registry import register_function
from ._state import WorkflowState


@register_function("test.hello_world")
def hello_world(state: WorkflowState, logger: WorkflowLogger, interrupt: Any,
                name: str = "World", **_: Any) -> Dict[str, Any]:
    """Greets."""
    message = f"Hello, {name}!"
    logger.info(message)
    return {"message": message, "timestamp": datetime.now(timezone.utc).isoformat()}


@register_function("test.add_numbers")
def add_numbers(state: WorkflowState, logger: WorkflowLogger, interrupt: Any,
                a: float, b: float, **_: Any) -> Dict[str, Any]:
    """Adds two numbers."""
    logger.info(f"{a} + {b}")
    return {"result": a + b, "operation": "addition"}


@register_function("test.process_data")
def process_data(state: WorkflowState, logger: WorkflowLogger, interrupt: Any,
                 items: List[Any], batch_size: int = 10, **_: Any) -> Dict[str, Any]:
    """Goes through a list in batches, and can be paused between two items."""
    done = int(state.data.get("processed_count") or 0)
    while done < len(items):
        if state.pause_requested:
            interrupt({"reason": "pause_requested", "processed": done}, {"processed_count": done})
        done += 1
        if done % max(1, batch_size) == 0:
            logger.info(f"processed {done} of {len(items)}")
    return {"processed_count": done, "total_count": len(items), "completed": True}
