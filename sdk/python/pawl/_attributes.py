"""Attributes of runs on the wire: a time is an object, {"time": "2026-01-31T09:30:00Z"}."""

from datetime import datetime, timezone
from typing import Any, Dict, Mapping, Optional, Union

from ._codec import moment
from .errors import Json

Attribute = Union[str, int, float, bool, datetime]
Attributes = Dict[str, Attribute]
"""Values by which a run is found, by name."""


def write_attributes(attributes: Optional[Mapping[str, Attribute]]) -> Optional[Dict[str, Json]]:
    """Returns attributes as JSON. Raises ValueError for a datetime without a time zone."""
    if attributes is None:
        return None
    return {name: _write(name, value) for name, value in attributes.items()}


def _write(name: str, value: Attribute) -> Json:
    if not isinstance(value, datetime):
        return value
    if value.tzinfo is None:
        raise ValueError(f"the attribute {name!r} is a datetime without a time zone")
    text = value.astimezone(timezone.utc).isoformat(timespec="milliseconds")
    return {"time": text.replace("+00:00", "Z")}


def read_attributes(value: Any) -> Attributes:
    """The reverse. Raises TypeError or ValueError."""
    if not isinstance(value, dict):
        raise TypeError
    return {name: _read(item) for name, item in value.items()}


def _read(item: Any) -> Attribute:
    if isinstance(item, (str, int, float)):  # a bool is an int
        return item
    time = item.get("time") if isinstance(item, dict) else None
    if not isinstance(time, str):
        raise TypeError
    return moment(time)
