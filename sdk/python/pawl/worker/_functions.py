"""Functions that steps can call: their names, and how arguments get into them."""

import inspect
import re
from typing import Any, Callable, Dict, List, Set

from ._step import StepError

_NAME = re.compile(r"[A-Za-z0-9._-]+\Z")
_MAX_BYTES, _MAX_SEGMENTS = 256, 10
_GIVEN = ("state", "logger", "interrupt")


def check_name(name: str) -> None:
    """Raises ValueError, with what would be right, if `name` cannot be a code_ref."""
    wrong = None
    if not isinstance(name, str) or not _NAME.match(name):
        wrong = "give letters, digits, '.', '_' and '-' only"
    elif len(name) > _MAX_BYTES:
        wrong = f"give at most {_MAX_BYTES} characters"
    elif ".." in name:
        wrong = "it must not have '..'"
    elif name.count(".") >= _MAX_SEGMENTS:
        wrong = f"give at most {_MAX_SEGMENTS} parts between dots"
    elif name.startswith("core."):
        wrong = "names that begin with 'core.' belong to the server's own functions"
    if wrong:
        raise ValueError(f"{name!r} cannot be a function's name: {wrong}")


class Function:
    """A Python function under the name by which flows call it.

    Its first parameter is `state`; `logger` and `interrupt` are given if it has parameters of
    these names; all others are the node's arguments, by name.
    """

    def __init__(self, name: str, call: Callable[..., Any]) -> None:
        """Raises ValueError for a wrong name, TypeError for a function that cannot be called."""
        check_name(name)
        self.name = name
        self._call = call
        self._given: List[str] = []
        self._needed: List[str] = []
        self._known: Set[str] = set()
        self._takes_all = False
        self._read(list(inspect.signature(call).parameters.values()))

    def _read(self, parameters: List[inspect.Parameter]) -> None:
        kinds = inspect.Parameter
        first = parameters[0] if parameters else None
        if first is None or first.name != "state" or first.kind in (
                kinds.KEYWORD_ONLY, kinds.VAR_KEYWORD, kinds.VAR_POSITIONAL):
            has = f"its first parameter is {first.name!r}" if first else "it has no parameters"
            raise TypeError(f"{self.name}: the first parameter of a step's function is 'state', "
                            f"but {has}; write def f(state, …)")
        for parameter in parameters[1:]:
            if parameter.kind is kinds.POSITIONAL_ONLY:
                raise TypeError(f"{self.name}: arguments come by name, but {parameter.name!r} can "
                                "only be given by position; put it behind the '/'")
            if parameter.kind is kinds.VAR_KEYWORD:
                self._takes_all = True
            elif parameter.kind is kinds.VAR_POSITIONAL:
                continue
            elif parameter.name in _GIVEN:
                self._given.append(parameter.name)
            else:
                self._known.add(parameter.name)
                if parameter.default is kinds.empty:
                    self._needed.append(parameter.name)

    def check(self, args: Dict[str, Any]) -> None:
        """Raises StepError `invalid_arguments`, which names all that is missing or unknown."""
        faults = [f"{name!r} is missing" for name in self._needed if name not in args]
        for name in args:
            if name in _GIVEN:
                faults.append(f"{name!r} is the name of what every function is given")
            elif not self._takes_all and name not in self._known:
                faults.append(f"{name!r} is unknown")
        if faults:
            raise StepError("invalid_arguments", f"{self.name}: {', '.join(faults)}",
                            retryable=False)

    def __call__(self, state: Dict[str, Any], logger: Any, interrupt: Any,
                 args: Dict[str, Any]) -> Any:
        """Calls the function; `check` the arguments before."""
        known = {"logger": logger, "interrupt": interrupt}
        return self._call(state, **{name: known[name] for name in self._given}, **args)
