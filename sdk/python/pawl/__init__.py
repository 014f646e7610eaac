"""Pawl, a durable workflow engine. `Client` calls a server, `Worker` runs functions for it.

    client = pawl.Client()
    run = client.start_and_wait("order", {"total": 120})

    worker = pawl.Worker()

    @worker.function("orders.charge")
    def charge(state, logger, interrupt, amount):
        return {"charged": amount}

    worker.run()
"""

from . import errors, models
from .client import Client
from .errors import *  # noqa: F403
from .errors import Diagnostic, Fault, PawlError
from .events import EventStream
from .models import (BatchResult, Beat, Commanded, DailyActivity, ErrorGroup, ErrorGroups, Event,
                     FlowInfo, FlowVersion, FunctionInfo, HistoryPage, Job, JobPage, JobResult,
                     JobResults, JobStarted, LogLine, NextTasks, PendingSignal, QueueInfo, Run,
                     RunActivity, RunError, RunPage, RunPeriods, RunStatistics, RunStep, RunSummary,
                     RunTotal, RunWait, Series, Started, StartedRun, Stats, StepPage, StoredFlow,
                     Task, Validation,
                     Waiting, WorkerInfo, Workers)
from .worker import Step, StepError, Worker, current_step

__version__ = "0.1.0"

__all__ = [
    "BatchResult", "Beat", "Client", "Commanded", "DailyActivity", "Diagnostic", "ErrorGroup",
    "ErrorGroups", "Event", "EventStream", "Fault", "FlowInfo", "FlowVersion", "FunctionInfo",
    "HistoryPage", "Job", "JobPage", "JobResult", "JobResults", "JobStarted", "LogLine",
    "NextTasks", "PawlError", "PendingSignal", "QueueInfo", "Run", "RunActivity", "RunError",
    "RunPage", "RunPeriods", "RunStatistics", "RunStep", "RunSummary", "RunTotal", "RunWait",
    "Series", "Started", "StartedRun", "Stats",
    "Step", "StepError", "StepPage", "StoredFlow",
    "Task", "Validation", "Waiting", "Worker", "WorkerInfo", "Workers", "current_step", "errors",
    "models",
]
__all__ += errors.__all__  # in this form type checkers see these names as exported
