"""The `state` of the old calling convention."""

import json
from typing import Any, Callable, Dict, List, Optional

from ..errors import Json
from ..models import Task
from ..worker import Step
from ._plain import Warn, plain

_REMOVED = "_removed"


class WorkflowState:
    """What a function sees of its run. `data` may be changed in place.

    In a unit test, make one of your own; a worker passes one that follows the run.
    """

    def __init__(self, thread_id: str, current_node: Optional[str] = None,
                 data: Optional[Dict[str, Any]] = None, metadata: Optional[Dict[str, Any]] = None,
                 pause_requested: bool = False, cancel_requested: bool = False) -> None:
        self.thread_id, self.current_node = thread_id, current_node
        self.data: Dict[str, Any] = {} if data is None else data
        self._metadata: Dict[str, Any] = {} if metadata is None else metadata
        self._pause, self._cancel = pause_requested, cancel_requested

    @property
    def metadata(self) -> Dict[str, Any]:
        """Metadata of the run. Changes are not stored."""
        return self._metadata

    @property
    def pause_requested(self) -> bool:
        """Whether the run is to be paused."""
        return self._pause

    @pause_requested.setter
    def pause_requested(self, value: bool) -> None:
        self._pause = value

    @property
    def cancel_requested(self) -> bool:
        """Whether the run was cancelled."""
        return self._cancel

    @cancel_requested.setter
    def cancel_requested(self, value: bool) -> None:
        self._cancel = value


class RunningState(WorkflowState):
    """The state of a step. Its two requests follow the run, and its metadata are read from the
    server when they are used first."""

    def __init__(self, task: Task, step: Step, data: Dict[str, Any],
                 load_metadata: Callable[[], Dict[str, Any]]) -> None:
        super().__init__(task.run, task.node, data)
        self._step, self._load, self._loaded = step, load_metadata, False
        self.saw_pause = False

    @property
    def metadata(self) -> Dict[str, Any]:
        if not self._loaded:
            self._metadata, self._loaded = self._load(), True
        return self._metadata

    @property
    def pause_requested(self) -> bool:
        if self._step.wish == "pause":
            self.saw_pause = True
        return self._pause or self._step.wish == "pause"

    @pause_requested.setter
    def pause_requested(self, value: bool) -> None:
        self._pause = value

    @property
    def cancel_requested(self) -> bool:
        return self._cancel or self._step.cancelled.is_set()

    @cancel_requested.setter
    def cancel_requested(self, value: bool) -> None:
        self._cancel = value


class ChangedData:
    """The data of a run for one call, and what the call changed in it.

    The result of a step cannot remove a key. A removed one is stored as null, and its name in the
    list `_removed` of the data, so that later calls do not see it.
    """

    def __init__(self, state: Dict[str, Any]) -> None:
        self.data = state
        gone = state.pop(_REMOVED, None)
        self._removed: List[str] = [name for name in gone if isinstance(name, str)] \
            if isinstance(gone, list) else []
        for name in self._removed:
            if state.get(name) is None:
                state.pop(name, None)
        self._before = {name: _text(value) for name, value in state.items()}

    def changes(self, data: Any, warn: Warn) -> Dict[str, Json]:
        """Returns the keys that differ from those before the call, with their values as JSON.
        Raises StepError `invalid_result` for a value that is not JSON."""
        now: Dict[str, Json] = plain(data, "state.data", warn)
        changed = {name: value for name, value in now.items()
                   if name not in self._before or self._before[name] != _text(value)}
        removed = [name for name in self._removed if name not in now]
        removed += [name for name in self._before if name not in now]
        changed.update({name: None for name in removed if name in self._before})
        if removed != self._removed:
            changed[_REMOVED] = removed
        return changed


def _text(value: Json) -> str:
    return json.dumps(value, sort_keys=True)  # == would not see 1 become True
