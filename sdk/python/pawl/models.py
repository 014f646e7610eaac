"""Models of the server's answers. All are immutable; times are timezone-aware, in UTC."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Dict, List, Optional

from ._attributes import Attributes
from .errors import Diagnostic, Json, PawlError

Object = Dict[str, Any]
"""A JSON object."""

FINISHED = ("completed", "failed", "cancelled")


@dataclass(frozen=True)
class StoredFlow:
    """A stored definition. `created` is False if this version existed already."""

    name: str
    version: str
    created: bool
    warnings: List[Diagnostic] = field(default_factory=list)


@dataclass(frozen=True)
class FlowInfo:
    """A flow in a listing. `published` is the version that runs start on by default."""

    name: str
    latest: str
    published: Optional[str] = None


@dataclass(frozen=True)
class FlowVersion:
    """One version of a flow. `definition`, in the long form, is None if it was not requested.
    `written` is what its author wrote, if that is the short form."""

    name: str
    version: str
    published: bool
    created_at: datetime
    definition: Optional[Object] = None
    written: Optional[Object] = None


@dataclass(frozen=True)
class Validation:
    """Whether a definition is valid, with all errors and warnings."""

    valid: bool
    diagnostics: List[Diagnostic] = field(default_factory=list)

    @property
    def faults(self) -> List[Diagnostic]:
        """The old name of `diagnostics`."""
        return self.diagnostics


@dataclass(frozen=True)
class RunError:
    """Why a run failed."""

    type: str
    message: str
    node: Optional[str] = None
    attempt: Optional[int] = None


@dataclass(frozen=True)
class RunWait:
    """What an unfinished run waits for, in a list; `kind` is signal, answer, timer, run or worker."""

    kind: str
    name: str
    node: str


@dataclass(frozen=True)
class RunSummary:
    """A run without its data. `attribute_problems` has the attributes of the flow that have no
    value, because what their rules return cannot be one, and why."""

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
    waits: List[RunWait] = field(default_factory=list)
    attributes: Attributes = field(default_factory=dict)
    attribute_problems: Dict[str, str] = field(default_factory=dict)

    @property
    def finished(self) -> bool:
        """Whether it is completed, failed or cancelled."""
        return self.status in FINISHED


@dataclass(frozen=True)
class Waiting:
    """What a run waits for; `kind` is function, worker, signal, answer, timer, …"""

    node: str
    kind: str
    name: str = ""
    until: Optional[datetime] = None
    question: Json = None
    calls: int = 0


@dataclass(frozen=True)
class PendingSignal:
    """A signal that no node has claimed yet. `id` was chosen by the sender; it may be empty."""

    type: str
    id: str = ""
    payload: Json = None


@dataclass(frozen=True)
class Run(RunSummary):
    """A run with its data."""

    pausing: bool = False
    undoing: bool = False
    parked: bool = False
    waiting_on: List[Waiting] = field(default_factory=list)
    checkpoint: int = 0
    updated_at: Optional[datetime] = None
    at: List[str] = field(default_factory=list)
    input: Optional[Object] = None
    started_by: str = ""
    kept: Optional[bool] = None  # whether it is protected from being deleted; None after a wait
    inbox: List[PendingSignal] = field(default_factory=list)
    data: Object = field(default_factory=dict)
    output: Json = None  # what the completed run gives, if its flow has an output
    metadata: Object = field(default_factory=dict)

    @property
    def etag(self) -> str:
        """For `if_match`: the command fails if the run has changed since."""
        return f'"{self.checkpoint}"'


@dataclass(frozen=True)
class Started:
    """A started run. `created` is False if the id or key named an existing run."""

    id: str
    flow: str
    version: str
    status: str
    created: bool = True


@dataclass(frozen=True)
class Commanded:
    """The result of a command.

    `changed` is False for a repeat of an earlier command, such as a signal with the same id, which
    has no effect. `pausing`: the pause takes effect when running steps end.
    """

    run: RunSummary
    before: str
    changed: bool = True
    pausing: bool = False
    warnings: List[str] = field(default_factory=list)


@dataclass(frozen=True)
class RunPage:
    """A page of runs, newest first. `next` is the cursor of the next page, or None. `damaged` has
    runs that could not be listed because their record is damaged, each with the reason."""

    runs: List[RunSummary]
    next: Optional[str] = None
    damaged: List[str] = field(default_factory=list)


@dataclass(frozen=True)
class RunTotal:
    """A number of runs. If not `exact`, there may be more."""

    count: int
    exact: bool


@dataclass(frozen=True)
class ErrorGroup:
    """Failed runs with an error of one type at one node. `newest` is the id of one of them."""

    type: str
    node: str
    count: int
    newest: str
    message: str


@dataclass(frozen=True)
class ErrorGroups:
    """Errors of failed runs, the largest group first. `runs`: how many were read; `others`: of
    these, those of groups that are left out. If not `exact`, there may be more."""

    groups: List[ErrorGroup]
    runs: int
    others: int
    exact: bool


@dataclass(frozen=True)
class JobStarted:
    """A job. Not `created`: it existed already."""

    id: str
    created: bool


@dataclass(frozen=True)
class Job:
    """A command to all runs that fit a filter, and how far it is.

    `state` is selecting, running, finished, aborted or failed. Of `matched` runs, those that are
    `done`, `refused` or `failed` have had their turn; `damaged` runs cannot be read.
    """

    id: str
    command: str
    filter: str
    state: str
    matched: int
    done: int
    refused: int
    failed: int
    damaged: int
    created_at: datetime
    updated_at: datetime
    ended_at: Optional[datetime] = None
    reason: str = ""
    signal: Optional[str] = None
    rate: int = 0
    dry_run: bool = False
    started_by: str = ""
    error: Optional[str] = None

    @property
    def ended(self) -> bool:
        return self.state not in ("selecting", "running")


@dataclass(frozen=True)
class JobPage:
    """A page of jobs, newest first. `next` is the cursor of the next page, or None. `damaged` as
    of RunPage."""

    jobs: List[Job]
    next: Optional[str] = None
    damaged: List[str] = field(default_factory=list)


@dataclass(frozen=True)
class JobResult:
    """What became of a run: `outcome` is waiting, done, refused or failed."""

    run: str
    outcome: str
    message: str = ""


@dataclass(frozen=True)
class JobResults:
    """A page of the runs of a job. `next` is the `first` of the next page, or None. `damaged` as
    of RunPage."""

    results: List[JobResult]
    next: Optional[int] = None
    damaged: List[str] = field(default_factory=list)


@dataclass(frozen=True)
class Event:
    """An event of a run.

    A stream can resume after `id`; it is None for step_log, step_progress and run_deleted, which
    are not stored. The event `end`, the last of a run's stream, has the run's summary as `detail`.
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
    """A page of stored events. `next` is `first` of the next page, or None. The checkpoints up to
    `pruned` are gone."""

    events: List[Event]
    next: Optional[int] = None
    pruned: int = 0


@dataclass(frozen=True)
class RunStep:
    """One attempt of one visit of a step.

    `input` are the arguments of its last call, `output` the keys of the data that it has written;
    None if it has none, or the history does not have them. `error` has `type` and `message`.
    """

    checkpoint: int
    node: str
    type: str
    visit: int
    attempt: int
    status: str
    started_at: datetime
    calls: int = 1
    ended_in: Optional[int] = None
    item: Optional[int] = None
    compensates: bool = False
    finished_at: Optional[datetime] = None
    duration_us: Optional[int] = None
    function: Optional[str] = None
    queue: Optional[str] = None
    worker: Optional[str] = None
    child: Optional[str] = None
    input: Json = None
    output: Json = None
    error: Optional[Object] = None


@dataclass(frozen=True)
class StepPage:
    """A page of steps. `next` is `first` of the next page, or None."""

    steps: List[RunStep]
    next: Optional[int] = None


@dataclass(frozen=True)
class LogLine:
    """One log line of a function. `about`: what it names in place of its node."""

    at: datetime
    level: str
    message: str
    node: Optional[str] = None
    visit: Optional[int] = None
    attempt: Optional[int] = None
    about: Optional[str] = None
    context: Optional[Object] = None


@dataclass(frozen=True)
class BatchResult:
    """The result of one batch item: if `ok`, a run, a started run or, for a task, nothing;
    else a problem."""

    id: Optional[str]
    ok: bool
    run: Optional[RunSummary] = None
    started: Optional[Started] = None
    problem: Optional[PawlError] = None


@dataclass(frozen=True)
class Task:
    """One call of a function, leased to a worker."""

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
class NextTasks:
    """The answer to outcomes and a poll: the results of the outcomes, in order, and the tasks."""

    outcomes: List[BatchResult]
    tasks: List[Task]


@dataclass(frozen=True)
class Beat:
    """The answer to a heartbeat. `wish` is what the run requests: none, pause or cancel."""

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
    """The tasks of one function in one task queue."""

    queue: str
    code_ref: str
    queued: int
    leased: int
    oldest_at: Optional[datetime] = None


@dataclass(frozen=True)
class Workers:
    """All workers and task queues."""

    workers: List[WorkerInfo]
    queues: List[QueueInfo]


@dataclass(frozen=True)
class FunctionInfo:
    """A function that the server calls without a worker."""

    code_ref: str
    description: str = ""
    built_in: bool = False
    inline: bool = False
    pure: bool = False
    max_concurrency: Optional[int] = None


@dataclass(frozen=True)
class Series:
    """What runs did minute by minute: each list has a number for each minute, the first one that
    of `begin`. Nothing is known of before `since`, when the server was started."""

    since: datetime
    begin: datetime
    started: List[int]
    completed: List[int]
    failed: List[int]
    cancelled: List[int]
    steps: List[int]
    step_failures: List[int]


@dataclass(frozen=True)
class RunActivity:
    """Runs that started in a period, and that ended in it."""

    started: int = 0
    completed: int = 0
    failed: int = 0
    cancelled: int = 0


@dataclass(frozen=True)
class RunPeriods:
    """Runs by period. Periods begin at a full hour."""

    last_24_hours: RunActivity
    last_7_days: RunActivity
    last_30_days: RunActivity
    older: RunActivity


@dataclass(frozen=True)
class DailyActivity(RunActivity):
    """Runs of a flow on a day (UTC), such as "2026-01-31"."""

    day: str = ""
    flow: str = ""


@dataclass(frozen=True)
class StartedRun:
    """A run and when it started."""

    id: str
    created_at: datetime


@dataclass(frozen=True)
class RunStatistics:
    """Numbers of stored runs. `days` has the last day first; not `complete`: earlier days were left
    out."""

    now: datetime
    runs: Dict[str, int]
    periods: RunPeriods
    oldest: Optional[StartedRun] = None
    newest: Optional[StartedRun] = None
    days: List[DailyActivity] = field(default_factory=list)
    complete: bool = True


@dataclass(frozen=True)
class Stats:
    """Server statistics."""

    runs: Dict[str, int] = field(default_factory=dict)
    active_runs: int = 0
    commands_in_flight: int = 0
    waits: int = 0
    polls: int = 0
    queries_in_flight: int = 0
    bytes_in_flight: int = 0
    executor: Dict[str, int] = field(default_factory=dict)
    tasks: Dict[str, int] = field(default_factory=dict)
    connections: int = 0
    streams: int = 0
