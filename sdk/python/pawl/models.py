"""What the server's answers are made of. All are immutable; times are aware datetimes, in UTC."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Dict, List, Optional

from .errors import Fault, Json, PawlError

Object = Dict[str, Any]
"""A JSON object."""

FINISHED = ("completed", "failed", "cancelled")


@dataclass(frozen=True)
class StoredFlow:
    """What became of a definition. `created` is False if this version was there already."""

    name: str
    version: str
    created: bool
    warnings: List[Fault] = field(default_factory=list)


@dataclass(frozen=True)
class FlowInfo:
    """A flow in a listing. `published` is the version that runs start on by default."""

    name: str
    latest: str
    published: Optional[str] = None


@dataclass(frozen=True)
class FlowVersion:
    """One version of a flow. `definition` is None where it was not asked for."""

    name: str
    version: str
    published: bool
    created_at: datetime
    definition: Optional[Object] = None


@dataclass(frozen=True)
class Validation:
    """Whether a definition can be stored, and all that is wrong or doubtful about it."""

    valid: bool
    faults: List[Fault] = field(default_factory=list)


@dataclass(frozen=True)
class RunError:
    """Why a run has failed."""

    type: str
    message: str
    node: Optional[str] = None
    attempt: Optional[int] = None


@dataclass(frozen=True)
class RunSummary:
    """A run without its data."""

    id: str
    flow: str
    version: str
    status: str
    created_at: datetime
    started_at: Optional[datetime] = None
    finished_at: Optional[datetime] = None
    error: Optional[RunError] = None
    restarted_from: Optional[str] = None
    parent: Optional[str] = None

    @property
    def finished(self) -> bool:
        """Whether it is completed, failed or cancelled."""
        return self.status in FINISHED


@dataclass(frozen=True)
class Waiting:
    """One thing that a run waits for; `kind` is function, worker, signal, answer, timer, …"""

    node: str
    kind: str
    name: str = ""
    until: Optional[datetime] = None
    question: Json = None


@dataclass(frozen=True)
class Run(RunSummary):
    """A run with everything."""

    pausing: bool = False
    undoing: bool = False
    parked: bool = False
    waiting_on: List[Waiting] = field(default_factory=list)
    checkpoint: int = 0
    updated_at: Optional[datetime] = None
    at: List[str] = field(default_factory=list)
    data: Object = field(default_factory=dict)
    metadata: Object = field(default_factory=dict)

    @property
    def etag(self) -> str:
        """What `if_match` of a command takes, to act on the run only as it is here."""
        return f'"{self.checkpoint}"'


@dataclass(frozen=True)
class Started:
    """A run that was started. `created` is False if the id or key named one that was there."""

    id: str
    flow: str
    version: str
    status: str
    created: bool = True


@dataclass(frozen=True)
class Commanded:
    """What a command did. `pausing`: the pause takes effect when the steps under way end."""

    run: RunSummary
    before: str
    pausing: bool = False


@dataclass(frozen=True)
class RunPage:
    """Some runs, newest first. `next` is the cursor of the next page, or None."""

    runs: List[RunSummary]
    next: Optional[str] = None


@dataclass(frozen=True)
class Event:
    """Something that happened in a run.

    `id` is what a stream can go on from; None for step_log and step_progress, which are not
    stored. The event `end`, the last of a run's stream, has the run's summary as `detail`.
    """

    kind: str
    run: Optional[str] = None
    id: Optional[str] = None
    checkpoint: Optional[int] = None
    at: Optional[datetime] = None
    node: Optional[str] = None
    visit: Optional[int] = None
    attempt: Optional[int] = None
    detail: Json = None


@dataclass(frozen=True)
class HistoryPage:
    """Some of a run's stored events, oldest first. `next` is `first` of the next page, or None."""

    events: List[Event]
    next: Optional[int] = None


@dataclass(frozen=True)
class LogLine:
    """One line that a function has logged."""

    at: datetime
    level: str
    message: str
    node: Optional[str] = None
    visit: Optional[int] = None
    attempt: Optional[int] = None


@dataclass(frozen=True)
class BatchResult:
    """What became of one item of a batch: a run, a started one or, of a task, nothing more if
    `ok`, else a problem."""

    id: Optional[str]
    ok: bool
    run: Optional[RunSummary] = None
    started: Optional[Started] = None
    problem: Optional[PawlError] = None


@dataclass(frozen=True)
class Task:
    """One call of a function, lent to a worker until its lease runs out."""

    task: str
    lease: str
    run: str
    flow: str
    version: str
    node: str
    visit: int
    attempt: int
    code_ref: str
    idempotency_key: str
    lease_ms: int
    args: Object = field(default_factory=dict)
    state: Object = field(default_factory=dict)
    interrupted: bool = False
    resume_value: Json = None
    timeout_at: Optional[datetime] = None
    traceparent: Optional[str] = None


@dataclass(frozen=True)
class Beat:
    """The answer to a heartbeat. `wish` is what the run wants: none, pause or cancel."""

    wish: str
    lease_ms: int


@dataclass(frozen=True)
class WorkerInfo:
    """A worker that has polled."""

    worker: str
    queue: str
    functions: List[str]
    leases: int
    last_seen: Optional[datetime] = None


@dataclass(frozen=True)
class QueueInfo:
    """How much there is to do for one function in one queue."""

    queue: str
    code_ref: str
    queued: int
    leased: int
    oldest_at: Optional[datetime] = None


@dataclass(frozen=True)
class Workers:
    """Who works, and what there is to do."""

    workers: List[WorkerInfo]
    queues: List[QueueInfo]


@dataclass(frozen=True)
class FunctionInfo:
    """A function that flows can call without a worker."""

    code_ref: str
    description: str = ""
    built_in: bool = False
    inline: bool = False
    max_concurrency: Optional[int] = None


@dataclass(frozen=True)
class Stats:
    """How busy the server is."""

    runs: Dict[str, int] = field(default_factory=dict)
    active_runs: int = 0
    commands_in_flight: int = 0
    executor: Dict[str, int] = field(default_factory=dict)
    tasks: Dict[str, int] = field(default_factory=dict)
    connections: int = 0
    streams: int = 0
