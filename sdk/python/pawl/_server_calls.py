"""Server calls."""

from typing import Any, Dict, List

from ._caller import Caller
from ._read import read, read_list
from .errors import ConnectionFailed, Unavailable
from .models import FunctionInfo, Object, Stats


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

    def cluster(self) -> Object:
        """Returns who owns the server's store: role, node, owner, owner_url, epoch and counts."""
        known: Object = self._get("/v1/cluster")
        return known

    def config(self) -> Dict[str, Any]:
        """Returns the server's settings; secrets are masked as ***."""
        settings: Dict[str, Any] = self._get("/v1/config").get("settings", {})
        return settings
