"""Reads JSON objects into models, by the types of their fields."""

import typing
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Callable, Dict, Hashable, List, Tuple, Type, TypeVar, Union, cast

from ._attributes import Attributes, read_attributes
from ._codec import moment
from .errors import Json, PawlError, ProtocolError, from_problem
from .models import Run, RunSummary

T = TypeVar("T")
Reader = Callable[[Json], Any]


def read(kind: Type[T], value: Json) -> T:
    """Returns a `kind` from a JSON object; unknown members are ignored.

    A field with a default may be missing or null. Raises ProtocolError if another field is
    missing or a value has the wrong type.
    """
    if not isinstance(value, dict):
        raise ProtocolError(f"expected a {kind.__name__}, not {_short(value)}")
    found: Dict[str, Any] = {}
    for name, optional, reader in _fields(cast(Hashable, kind)):
        item = value.get(name)
        if item is None and optional:
            continue
        try:
            found[name] = reader(item)
        except (TypeError, ValueError):
            raise ProtocolError(f"{kind.__name__}.{name} cannot be {_short(item)}") from None
    return kind(**found)


def read_list(kind: Type[T], value: Json, name: str) -> List[T]:
    """Returns the list under `name` of an object. Raises ProtocolError if it is missing."""
    items = value.get(name) if isinstance(value, dict) else None
    if not isinstance(items, list):
        raise ProtocolError(f"expected a list {name!r} of {kind.__name__} in {_short(value)}")
    return [read(kind, item) for item in items]


def read_run(value: Json) -> RunSummary:
    """Returns a Run if `value` has a run's data, else a RunSummary."""
    whole = isinstance(value, dict) and "data" in value
    return read(Run if whole else RunSummary, value)


@lru_cache(maxsize=None)
def _fields(kind: Hashable) -> Tuple[Tuple[str, bool, Reader], ...]:
    hints = typing.get_type_hints(kind)
    return tuple(
        (f.name, f.default is not MISSING or f.default_factory is not MISSING,
         _reader(hints[f.name]))
        for f in fields(cast(Any, kind))
    )


def _reader(hint: Any) -> Reader:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is Union:  # Optional[X]; a null is handled already unless the field is required
        reader = _reader(inner[0])
        return lambda value: None if value is None else reader(value)
    if origin is list:
        reader = _reader(inner[0])
        return lambda value: [reader(item) for item in _of(list, value)]
    if hint == Attributes:
        return read_attributes
    if origin is dict:
        return lambda value: _of(dict, value)
    if hint is datetime:
        return lambda value: moment(_of(str, value))
    if hint is PawlError:
        return from_problem
    if is_dataclass(hint):
        return lambda value: read(hint, value)
    if hint is Any:
        return lambda value: value
    return lambda value: _of(hint, value)


def _of(kind: type, value: Any) -> Any:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TypeError
    return value


def _short(value: Json) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "…"
