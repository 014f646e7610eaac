"""The functions of the price list."""

import csv
from decimal import Decimal
from typing import Any, Dict

from src_new.workflow_engine.core.models import WorkflowState
from src_new.workflow_engine.core.registry import register_function
from src_new.workflow_engine.utils.logger import WorkflowLogger


@register_function("prices.read")
def read(state: WorkflowState, logger: WorkflowLogger, interrupt_fn, **kwargs) -> Dict[str, Any]:
    """Reads the first file of the form; the other fields are the defaults of each row."""
    form = state.data.get("form_data") or state.data
    files = [value for value in form.values() if isinstance(value, dict) and "filename" in value]
    rows = []
    for file in files:
        logger.info(f"reading {file['filename']}", node_id="read",
                    context={"type": file.get("content_type")})
        with open(file["file_path"], encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                rows.append({"item": row["item"],
                             "price": float(row["price"] or "nan"),
                             "currency": row.get("currency") or form.get("currency", "EUR")})
    state.data["rows"] = rows
    state.data["columns"] = tuple(rows[0]) if rows else ()
    return {"row_count": len(rows)}


@register_function("prices.approve")
def approve(state: WorkflowState, logger: WorkflowLogger, interrupt_fn, ask_above=100,
            **kwargs) -> Dict[str, Any]:
    total = sum(Decimal(str(row["price"])) for row in state.data["rows"] if row["price"])
    if total > ask_above and "approved" not in state.data:
        try:
            state.data["asked"] = state.data.get("asked", 0) + 1
            interrupt_fn({"question": "Publish the prices?", "total": str(total)},
                         update={"approver": "unknown"})
        except Exception as error:
            logger.error(f"cannot ask: {error}")
            return {"approved": False}
    return {"approved": state.data.get("approved", True), "sum": total}


@register_function("prices.report")
def report(state: WorkflowState, logger: WorkflowLogger, interrupt_fn,
           **kwargs) -> Dict[str, Any]:
    published = bool(state.data.get("approved")) and kwargs["channel"] != "none"
    logger.warning("prices are published" if published else "prices are not published")
    state.data["reports"] = state.data.get("reports", []) + [kwargs["channel"]]
    return {"published": published}
