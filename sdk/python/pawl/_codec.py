"""JSON, times and durations on the wire."""

import json
import math
import re
from datetime import datetime, timezone
from typing import Optional, Union

from .errors import Json


_MAYBE_TOO_LONG = re.compile("[0-9]{19}")


def encode(value: Json) -> bytes:
    """Encodes `value` as JSON. Raises ValueError with the location of what is not JSON, or of an
    integer of more than 64 bits, which Pawl refuses."""
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
        encoded = text.encode("utf-8")
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(_why_not_json(value) or f"cannot be written as JSON: {error}") from None
    if _MAYBE_TOO_LONG.search(text):
        why = _why_not_json(value)
        if why:
            raise ValueError(why)
    return encoded


def decode(body: bytes) -> Json:
    """Decodes JSON. Raises ValueError."""
    return json.loads(body.decode("utf-8"))


def _why_not_json(value: Json, place: str = "", depth: int = 0) -> Optional[str]:
    """Describes the first part of a value that is not JSON, with its location."""
    if depth > 200:
        return f"{place[:60]}… is nested too deep, or contains itself"
    if isinstance(value, dict):
        for key, item in value.items():
            if not (key is None or isinstance(key, (str, int, float))):
                return f"a key of {place or 'the value'} is a {type(key).__name__}, not a string"
            found = _why_not_json(item, f"{place}/{key}", depth + 1)
            if found:
                return found
        return None
    if isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            found = _why_not_json(item, f"{place}/{index}", depth + 1)
            if found:
                return found
        return None
    return _why_no_leaf(value, place or "the value")


def _why_no_leaf(value: Json, place: str) -> Optional[str]:
    if isinstance(value, float) and not math.isfinite(value):
        return f"{place} is {value}, which JSON cannot express"
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            return f"{place} is a string that is not valid Unicode"
    elif isinstance(value, int) and not -2**63 <= value < 2**64:
        return f"{place} is an integer of more than 64 bits; send it as a string"
    elif not (value is None or isinstance(value, (bool, int, float))):
        return f"{place} is a {type(value).__name__}, which JSON cannot express"
    return None


def duration(seconds: Union[int, float]) -> str:
    """Formats a duration: 1.5 is "1500ms". Raises ValueError if it is negative or not finite."""
    if not math.isfinite(seconds) or seconds < 0:
        raise ValueError(f"a duration is a non-negative number of seconds, not {seconds}")
    return f"{round(seconds * 1000)}ms"


def moment(text: str) -> datetime:
    """Parses an RFC 3339 time. Raises ValueError."""
    if text.endswith(("Z", "z")):
        text = text[:-1] + "+00:00"
    head, _, rest = text.partition(".")
    if rest:  # Python 3.9 and 3.10 read three or six digits only
        digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
        text = f"{head}.{digits[:6].ljust(6, '0')}{rest[len(digits):]}"
    value = datetime.fromisoformat(text)
    return value if value.tzinfo else value.replace(tzinfo=timezone.utc)
