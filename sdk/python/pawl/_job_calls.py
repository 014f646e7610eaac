"""Jobs: commands to all runs that fit a filter."""

import time
from typing import Any, Iterator, List, Optional

from ._caller import Caller, given, segment
from ._codec import duration
from ._read import read
from .errors import DamagedRecords
from .models import Job, JobPage, JobResult, JobResults, JobStarted

_LONGEST_WAIT = 60.0


class JobCalls(Caller):
    def start_job(self, command: str, filter: str, *, reason: Optional[str] = None,
                  signal: Optional[str] = None, payload: Any = None, rate: Optional[int] = None,
                  dry_run: bool = False, id: Optional[str] = None) -> JobStarted:
        """Starts a job and returns at once.

        command   pause, resume, retry, cancel, terminate, signal or delete
        filter    the runs, such as "status=failed error=timed_out"
        rate      maximum number of commands per second
        dry_run   select and list the runs; change none
        id        idempotency: an existing job with this id is returned, not started again

        Raises InvalidArgument if the filter has a mistake, AlreadyExists if the id belongs to
        another request.
        """
        body = given(command=command, filter=filter, reason=reason, signal=signal, rate=rate,
                     dry_run=dry_run or None, id=id)
        if command == "signal":
            body["payload"] = payload
        return read(JobStarted, self._post("/v1/jobs", body))

    def job(self, id: str, *, wait: Optional[float] = None) -> Job:
        """Returns a job; with `wait` when it has ended, or after that many seconds."""
        query = {} if wait is None else {"wait": duration(wait)}
        return read(Job, self._get(f"/v1/jobs/{segment(id)}", query, wait=wait or 0))

    def wait_job(self, id: str, timeout: float = 60.0) -> Job:
        """Waits until a job has ended. Raises TimeoutError after `timeout` seconds."""
        end = time.monotonic() + timeout
        while True:
            left = max(0.0, end - time.monotonic())
            job = self.job(id, wait=min(left, _LONGEST_WAIT))
            if job.ended:
                return job
            if time.monotonic() >= end:
                raise TimeoutError(f"job {id} is still {job.state} after {timeout:g} s")

    def jobs(self, *, limit: int = 100, cursor: Optional[str] = None) -> JobPage:
        """Returns a page of jobs, newest first."""
        return read(JobPage, self._get("/v1/jobs", given(limit=limit, cursor=cursor)))

    def job_results(self, id: str, *, outcome: Optional[str] = None, first: int = 0,
                    limit: int = 100) -> JobResults:
        """Returns a page of the runs of a job; `outcome` is waiting, done, refused or failed."""
        query = given(first=first, limit=limit, outcome=outcome)
        return read(JobResults, self._get(f"/v1/jobs/{segment(id)}/results", query))

    def all_job_results(self, id: str, *, outcome: Optional[str] = None) -> Iterator[JobResult]:
        """Iterates over the runs of a job, page by page. Raises DamagedRecords after the last one
        if some cannot be read."""
        first: Optional[int] = 0
        damaged: List[str] = []
        while first is not None:
            page = self.job_results(id, outcome=outcome, first=first, limit=1000)
            yield from page.results
            damaged += page.damaged
            first = page.next
        if damaged:
            raise DamagedRecords(damaged)

    def abort_job(self, id: str) -> Job:
        """Stops a job after the commands that are under way. Raises IllegalTransition if it has
        ended."""
        return read(Job, self._call("POST", f"/v1/jobs/{segment(id)}/abort").json())

    def delete_job(self, id: str) -> None:
        """Deletes a job that has ended, with its results."""
        self._call("DELETE", f"/v1/jobs/{segment(id)}")
