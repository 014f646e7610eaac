"""The flow of the stock count: count all shelves, let the dust settle, done."""

from src_new.workflow_engine.sdk import WorkflowBuilder, setup_environment

setup_environment()


def create_count_workflow():
    builder = WorkflowBuilder("count")
    builder.add_start_node("start")
    builder.add_code_node("shelves", "count.shelves", {"seconds_per_shelf": 0.2})
    builder.add_code_node("settle", "count.settle", {"seconds": 0.2})
    builder.add_end_node("end")
    builder.add_edge("start", "shelves")
    builder.add_edge("shelves", "settle")
    builder.add_edge("settle", "end")
    errors = builder.validate()
    if errors:
        raise ValueError(f"the flow is wrong: {errors}")
    return builder.build()
