"""Server calls."""

from typing import Any, Dict, Iterator, List, Optional

from ._caller import Caller, given
from ._read import read, read_list
from .errors import ConnectionFailed, Unavailable
from .models import FunctionInfo, Object, RunStatistics, Series, Stats


class ServerCalls(Caller):
    def functions(self) -> List[FunctionInfo]:
        """Returns the functions that the server calls itself."""
        return read_list(FunctionInfo, self._get("/v1/functions"), "functions")

    def healthy(self) -> bool:
        """Whether the server answers."""
        try:
            return self._call("GET", "/healthz", retries=0).status == 200
        except (ConnectionFailed, Unavailable):
            return False

    def ready(self) -> bool:
        """Whether the server accepts work: its store is open and it is not stopping."""
        try:
            return bool(self._call("GET", "/readyz", retries=0).json().get("ready"))
        except (ConnectionFailed, Unavailable):
            return False

    def server_version(self) -> str:
        """Returns the server's version."""
        return str(self._get("/version").get("version", ""))

    def openapi(self) -> Object:
        """Returns the OpenAPI description."""
        document: Object = self._get("/openapi.json")
        return document

    def metrics(self) -> str:
        """Returns the metrics in the Prometheus text format."""
        answer = self._call("GET", "/metrics", headers={"Accept": "text/plain"})
        return answer.body.decode("utf-8", "replace")

    def stats(self) -> Stats:
        """Returns the server's statistics."""
        return read(Stats, self._get("/v1/stats"))

    def run_statistics(self, days: int = 30) -> RunStatistics:
        """Returns how many runs started and ended, by period and for each of the last `days` days
        (UTC, 1 to 366) and flow. Deleted runs are not counted."""
        return read(RunStatistics, self._get("/v1/stats/daily", {"days": days}))

    def series(self, minutes: int = 60) -> Series:
        """Returns what the runs of the scope did in each of the last minutes, at most 360. The
        last one is the current minute."""
        found: Object = self._get("/v1/series", {"minutes": minutes})
        return read(Series, {**found, "begin": found.get("from")})

    def scopes(self) -> Iterator[str]:
        """Iterates over the names of the scopes that the key may use, page by page."""
        cursor: Optional[str] = None
        while True:
            page: Object = self._get("/v1/scopes", given(limit=1000, cursor=cursor))
            yield from page.get("scopes", [])
            cursor = page.get("next")
            if cursor is None:
                return

    def cluster(self) -> Object:
        """Returns who owns the server's store: role, node, owner, owner_url, epoch and counts."""
        known: Object = self._get("/v1/cluster")
        return known

    def config(self) -> Dict[str, Any]:
        """Returns the server's settings; secrets are masked as ***."""
        settings: Dict[str, Any] = self._get("/v1/config").get("settings", {})
        return settings
