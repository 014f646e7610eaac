"""The flow of the price list: read the uploaded file, ask above a sum, report."""

from src_new.workflow_engine.sdk import WorkflowBuilder


def create_prices_workflow():
    builder = WorkflowBuilder("prices")
    builder.add_start_node("start")
    builder.add_code_node("read", "prices.read")
    builder.add_branch_node("any", condition={">": [{"var": "row_count"}, 0]})
    builder.add_code_node("approve", "prices.approve", {"ask_above": 100})
    builder.add_code_node("report", "prices.report", {"channel": "mail"})
    builder.add_code_node("refuse", "prices.report", {"channel": "none"})
    builder.add_end_node("end")
    builder.add_edge("start", "read")
    builder.add_edge("read", "any")
    builder.add_edge("any", "approve", condition=True)
    builder.add_edge("any", "refuse", condition=False)
    builder.add_edge("approve", "report")
    builder.add_edge("report", "end")
    builder.add_edge("refuse", "end")
    return builder.build()
