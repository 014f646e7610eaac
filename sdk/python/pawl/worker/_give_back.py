"""Tasks that a function gives back because its run pauses."""

import logging
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Dict

from ..client import Client
from ..errors import Conflict, IllegalTransition, PawlError
from ..models import Task
from ._lease import Lease, name_of

_log = logging.getLogger("pawl.worker")
_RETRIES = 8
_POLL = 0.1


@dataclass(frozen=True)
class GivenBack:
    """The function stops because a pause was requested. The task returns to its queue, so the run
    is paused, and the keys of `update` are set in its data. After a resume the function is called
    again from its beginning.

    `settled` is set once the update is stored, or by a call that has taken it over: a resume can
    come between the two requests.
    """

    update: Dict[str, Any]
    settled: threading.Event = field(default_factory=threading.Event, compare=False)


def give_back(client: Client, lease: Lease, outcome: GivenBack,
              stopped: threading.Event) -> bool:
    """Gives a task back. Returns whether the server took it; if not, the lease expires and the
    function is called again without the update, as after a crash.

    If the run was resumed in the meantime, the task is interrupted and answered instead, which
    keeps the update and calls the function again at once.
    """
    task, patient = lease.task, client._with(retries=_RETRIES)
    try:
        if _wish(patient, lease) == "pause":
            patient.release_task(task.task, task.lease)
            _set_data(patient, lease, outcome, stopped)
        else:
            patient.interrupt_task(task.task, task.lease, None, outcome.update or None)
            patient.answer(task.run, None, question=_question_of(task))
    except PawlError as error:
        _log.warning("%s: cannot be given back: %s", name_of(task), error)
        return False
    return True


def _wish(client: Client, lease: Lease) -> str:
    try:
        return client.heartbeat_task(lease.task.task, lease.task.lease).wish
    except PawlError:  # the next request reports what is wrong
        return lease.wish


def _set_data(client: Client, lease: Lease, outcome: GivenBack,
              stopped: threading.Event) -> None:
    """Sets the data of the run once it is paused: functions of other branches may still run."""
    run = lease.task.run
    end = time.monotonic() + lease.seconds
    while outcome.update and not outcome.settled.is_set():
        try:
            client.set_data(run, outcome.update, if_status="paused")
            outcome.settled.set()
        except (Conflict, IllegalTransition) as error:
            seen = client.run(run)
            # It may have paused between the two requests.
            may_pause = seen.pausing or seen.status == "paused"
            if may_pause and not stopped.is_set() and time.monotonic() < end:
                stopped.wait(_POLL)
                continue
            _log.info("%s: its data was not set, only the next call in this process has it: %s",
                      name_of(lease.task), error)
            return


def _question_of(task: Task) -> str:
    return f"{task.node}#{task.visit}.{task.attempt}"
