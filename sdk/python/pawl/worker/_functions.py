"""Functions that steps call: names and arguments."""

import inspect
import re
from typing import Any, Callable, Dict, List, Set

from ._step import StepError

_NAME = re.compile(r"[A-Za-z0-9._-]+\Z")
_MAX_BYTES, _MAX_SEGMENTS = 256, 10
_GIVEN = ("state", "logger", "interrupt")


def check_name(name: str) -> None:
    """Raises ValueError with the rule that `name` breaks as a code_ref."""
    wrong = None
    if not isinstance(name, str) or not _NAME.match(name):
        wrong = "use letters, digits, '.', '_' and '-' only"
    elif len(name) > _MAX_BYTES:
        wrong = f"use at most {_MAX_BYTES} characters"
    elif ".." in name:
        wrong = "it must not contain '..'"
    elif name.count(".") >= _MAX_SEGMENTS:
        wrong = f"use at most {_MAX_SEGMENTS} segments between dots"
    elif name.startswith("core."):
        wrong = "the prefix 'core.' is reserved for the server's built-in functions"
    if wrong:
        raise ValueError(f"invalid function name {name!r}: {wrong}")


class Function:
    """A Python function and the name by which flows call it.

    Its first parameter is `state`. Parameters named `logger` and `interrupt` are optional. All
    others are the node's arguments, by name.
    """

    def __init__(self, name: str, call: Callable[..., Any]) -> None:
        """Raises ValueError for an invalid name, TypeError for an unsuitable function."""
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
            raise TypeError(f"{self.name}: the first parameter must be 'state', "
                            f"but {has}; write def f(state, …)")
        for parameter in parameters[1:]:
            if parameter.kind is kinds.POSITIONAL_ONLY:
                raise TypeError(f"{self.name}: arguments are passed by name, but "
                                f"{parameter.name!r} is positional-only; move it after the '/'")
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
        """Raises StepError `invalid_arguments` with every missing or unknown argument."""
        errors = [f"{name!r} is missing" for name in self._needed if name not in args]
        for name in args:
            if name in _GIVEN:
                errors.append(f"{name!r} is reserved")
            elif not self._takes_all and name not in self._known:
                errors.append(f"{name!r} is unknown")
        if errors:
            raise StepError("invalid_arguments", f"{self.name}: {', '.join(errors)}",
                            retryable=False)

    def __call__(self, state: Dict[str, Any], logger: Any, interrupt: Any,
                 args: Dict[str, Any]) -> Any:
        """Calls the function; call `check` first."""
        known = {"logger": logger, "interrupt": interrupt}
        return self._call(state, **{name: known[name] for name in self._given}, **args)
