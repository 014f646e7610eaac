"""Values that Python has and JSON does not."""

import math
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any, Callable
from uuid import UUID

from ..errors import Json
from ..worker import StepError

Warn = Callable[[str], None]
_DEEPEST = 100


def plain(value: Any, place: str, warn: Warn, depth: int = 0) -> Json:
    """Returns a value as JSON has it.

    Tuples become lists; times ISO 8601 texts; Decimal, UUID and paths texts; enumerations their
    values; values of NumPy those of Python; NaN and infinities null, with a warning. Raises
    StepError `invalid_result`, which names the place, for anything else.
    """
    if isinstance(value, Enum):
        value = value.value
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if depth > _DEEPEST:
        raise _error(f"{place[:80]}… is nested too deep, or contains itself")
    if isinstance(value, float):
        if math.isfinite(value):
            return float(value)
        warn(f"{place} is {value}, which JSON cannot express; null is stored")
        return None
    if isinstance(value, dict):
        return {_key(key, place): plain(item, f"{place}/{key}", warn, depth + 1)
                for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, f"{place}/{index}", warn, depth + 1)
                for index, item in enumerate(value)]
    if isinstance(value, (datetime, date, time)):
        return value.isoformat() if value == value else None  # NaT of pandas is null
    if isinstance(value, (Decimal, UUID, PurePath)):
        return str(value)
    if hasattr(value, "tolist") and hasattr(value, "dtype"):  # NumPy's arrays and numbers
        return plain(value.tolist(), place, warn, depth + 1)
    raise _error(f"{place} is a {type(value).__name__}, which JSON cannot express; store a number, "
                 "text, list or dict instead")


def _key(key: Any, place: str) -> str:
    if isinstance(key, str):
        return key
    if isinstance(key, bool):
        return str(key).lower()
    if isinstance(key, (int, float)):
        return str(key)
    raise _error(f"a key of {place} is a {type(key).__name__}, not a text")


def _error(message: str) -> StepError:
    return StepError("invalid_result", message, retryable=False)
