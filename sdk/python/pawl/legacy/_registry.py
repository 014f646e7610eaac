"""The registry of functions: one for the process, as in the previous engine."""

import inspect
import threading
from typing import Any, Callable, Dict, List, NamedTuple, Optional, TypeVar, Union, overload

from ._names import code_ref_of

F = TypeVar("F", bound=Callable[..., Any])


class Registered(NamedTuple):
    """A function and whether it has Pawl's calling convention instead of the old one."""

    name: str
    function: Callable[..., Any]
    is_new: bool


_guard = threading.Lock()
_by_code_ref: Dict[str, Registered] = {}


@overload
def register_function(code_ref: str) -> Callable[[F], F]: ...
@overload
def register_function(code_ref: str, func: F) -> F: ...


def register_function(code_ref: str, func: Optional[F] = None) -> Union[F, Callable[[F], F]]:
    """Registers a function `func(state, logger, interrupt, **args)`, which is called by position.

    Without `func` it is a decorator. A later registration of the same name replaces the earlier
    one. Raises ValueError if the first parameter is not named `state`.
    """
    def decorate(function: F) -> F:
        _check_first_parameter(function)
        _keep(Registered(code_ref, function, False))
        return function
    return decorate if func is None else decorate(func)


def pawl_function(name: str) -> Callable[[F], F]:
    """Decorates a function with the calling convention of pawl.Worker, in which `state` is a dict
    and `logger` and `interrupt` are passed by name. It may be mixed with old ones in an app."""
    def decorate(function: F) -> F:
        _keep(Registered(name, function, True))
        return function
    return decorate


def get_registered_function(code_ref: str) -> Optional[Callable[..., Any]]:
    """Returns a function, or None."""
    found = _by_code_ref.get(code_ref_of(code_ref))
    return found.function if found else None


def list_registered_functions() -> List[str]:
    """Returns the names of all functions."""
    return [each.name for each in registered()]


def registered() -> List[Registered]:
    with _guard:
        return list(_by_code_ref.values())


def _keep(entry: Registered) -> None:
    code_ref = code_ref_of(entry.name)
    with _guard:
        before = _by_code_ref.get(code_ref)
        if before is not None and before.name != entry.name:
            raise ValueError(f"the functions {before.name!r} and {entry.name!r} would both be "
                             f"called {code_ref!r}; rename one of them")
        _by_code_ref[code_ref] = entry


def _check_first_parameter(function: Callable[..., Any]) -> None:
    parameters = list(inspect.signature(function).parameters)
    if not parameters or parameters[0] != "state":
        name = getattr(function, "__name__", repr(function))
        has = f"its first parameter is {parameters[0]!r}" if parameters else "it has no parameters"
        raise ValueError(f"{name}: the first parameter must be 'state', but {has}")
