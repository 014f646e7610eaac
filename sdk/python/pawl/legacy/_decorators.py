"""Decorators of the previous engine's SDK."""

import functools
from typing import Any, Callable, Dict, List, Optional

from ._registry import register_function

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def workflow_function(name: Optional[str] = None) -> Decorator:
    """Registers a function by `name`, or by its own name."""
    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        code_ref = name or function.__name__
        register_function(code_ref, function)
        return _marked(function, _workflow_function=True, _workflow_name=code_ref)
    return decorate


def code_node(node_id: str, args: Optional[Dict[str, Any]] = None) -> Decorator:
    """Marks a function as the one of a code node."""
    return lambda function: _marked(function, _is_code_node=True, _node_id=node_id,
                                    _node_args=args or {})


def branch_node(node_id: str, condition_key: str, expected_value: Any = True) -> Decorator:
    """Marks a function as the one of a branch node."""
    return lambda function: _marked(function, _is_branch_node=True, _node_id=node_id,
                                    _condition_key=condition_key, _expected_value=expected_value)


def pausable_node(check_interval: float = 0.1) -> Decorator:
    """Lets a function not begin while a pause is requested."""
    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def call(state: Any, logger: Any, interrupt: Any, *args: Any, **named: Any) -> Any:
            if state.pause_requested:
                interrupt(f"paused before {_name_of(function)}")
            return function(state, logger, interrupt, *args, **named)
        return _with(call, _is_pausable=True, _check_interval=check_interval)
    return decorate


def interruptible(check_points: Optional[List[str]] = None) -> Decorator:
    """Passes a function the argument `checkpoint`: `checkpoint(name)` leaves the function if a
    pause is requested."""
    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def call(state: Any, logger: Any, interrupt: Any, *args: Any, **named: Any) -> Any:
            def checkpoint(name: str = "default") -> None:
                if state.pause_requested:
                    interrupt(f"paused at {name}")
            return function(state, logger, interrupt, *args, checkpoint=checkpoint, **named)
        return _with(call, _is_interruptible=True, _check_points=check_points or [])
    return decorate


def _marked(function: Callable[..., Any], **attributes: Any) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*args: Any, **named: Any) -> Any:
        return function(*args, **named)
    return _with(call, **attributes)


def _with(function: Callable[..., Any], **attributes: Any) -> Callable[..., Any]:
    for name, value in attributes.items():
        setattr(function, name, value)
    return function


def _name_of(function: Callable[..., Any]) -> str:
    return getattr(function, "__name__", repr(function))
