"""The functions of the stock count. Both can be paused at any time and go on where they were."""

import time
from datetime import datetime
from typing import Any, Dict

from src_new.workflow_engine.sdk import WorkflowLogger, WorkflowState, register_function


@register_function("count.shelves")
def count_shelves(state: WorkflowState, logger: WorkflowLogger, interrupt_fn,
                  **kwargs) -> Dict[str, Any]:
    seconds = kwargs.get("seconds_per_shelf", 1.0)
    shelves = state.data.get("shelves", ["A1", "A2", "A3"])
    counted = state.data.setdefault("counted", {})

    for number, shelf in enumerate(shelves, 1):
        if shelf in counted:
            continue
        waited = 0.0
        while waited < seconds:
            if state.cancel_requested:
                return {"stopped_before": shelf}
            if state.pause_requested:
                logger.info(f"paused before shelf {shelf}")
                interrupt_fn(f"paused before shelf {shelf}", update={"next_shelf": shelf})
                return {"next_shelf": shelf, "paused": True}
            step = min(0.1, seconds - waited)
            time.sleep(step)
            waited += step
        counted[shelf] = {"items": 10 * number, "at": datetime.now()}
        state.data["last_shelf"] = shelf
        logger.info(f"counted shelf {number} of {len(shelves)}", node_id="shelves",
                    context={"shelf": shelf})

    return {"total": sum(each["items"] for each in counted.values()), "next_shelf": None}


@register_function("count.settle")
def settle(state: WorkflowState, logger: WorkflowLogger, interrupt_fn, **kwargs) -> Dict[str, Any]:
    seconds = kwargs.get("seconds", 1.0)
    begun = state.data.get("settle_begun")
    if begun is None:
        begun = state.data["settle_begun"] = time.time()
        logger.info(f"settling for {seconds} s")
    while time.time() - begun < seconds:
        if state.pause_requested:
            interrupt_fn("paused while settling", update={"settle_begun": begun})
            return {"paused": True}
        time.sleep(0.05)
    state.data.pop("settle_begun", None)
    return {"settled": True}
