"""Flow calls."""

from typing import List, Optional, Type, TypeVar

from ._caller import Caller, given, segment
from ._read import read, read_list
from .errors import DamagedRecords
from .models import FlowInfo, FlowVersion, Object, StoredFlow, Validation


T = TypeVar("T")


class FlowCalls(Caller):
    def create_flow(
        self, definition: Object, *, version: Optional[str] = None, publish: Optional[bool] = None
    ) -> StoredFlow:
        """Stores a flow as the next version, or as `version`.

        Storing the same definition again returns the stored version with `created` False. Raises
        InvalidFlow with every diagnostic; AlreadyExists if `version` has another definition.
        """
        return read(StoredFlow, self._post("/v1/flows", definition,
                                           query=given(version=version, publish=publish)))

    def put_flow(
        self,
        name: str,
        definition: Object,
        *,
        version: Optional[str] = None,
        publish: Optional[bool] = None,
        if_match: Optional[str] = None,
    ) -> StoredFlow:
        """Stores a flow as `name`; the definition has the same name or none.

        `if_match`, such as "1.0.1": store only if that is the latest version, else raise
        PreconditionFailed.
        """
        answer = self._call("PUT", f"/v1/flows/{segment(name)}", body=definition,
                            query=given(version=version, publish=publish),
                            headers={"If-Match": etag(if_match)})
        return read(StoredFlow, answer.json())

    def flows(self) -> List[FlowInfo]:
        """Returns all flows of the scope, sorted by name. Raises DamagedRecords, with those that
        could be read, if some cannot."""
        return self._pages(FlowInfo, "/v1/flows", "flows")

    def flow(self, name: str, version: Optional[str] = None) -> FlowVersion:
        """Returns a version of a flow with its definition; by default the latest."""
        path = f"/v1/flows/{segment(name)}"
        if version is not None:
            path += f"/versions/{segment(version)}"
        return read(FlowVersion, self._get(path))

    def flow_versions(self, name: str) -> List[FlowVersion]:
        """Returns all versions of a flow without their definitions. Raises DamagedRecords as
        `flows`."""
        return self._pages(FlowVersion, f"/v1/flows/{segment(name)}/versions", "versions")

    def publish_flow(self, name: str, version: str) -> FlowVersion:
        """Publishes a version: runs start on it by default."""
        return read(FlowVersion, self._post(f"/v1/flows/{segment(name)}/publish",
                                            {"version": version}))

    def delete_flow(self, name: str) -> None:
        """Deletes a flow. Raises Conflict while unfinished runs use it."""
        self._call("DELETE", f"/v1/flows/{segment(name)}")

    def validate(self, definition: Object) -> Validation:
        """Validates a definition without storing it."""
        return read(Validation, self._post("/v1/validate", definition))

    def _pages(self, model: Type[T], path: str, field: str) -> List[T]:
        """Returns the items of all pages of a list."""
        items: List[T] = []
        damaged: List[str] = []
        cursor: Optional[str] = None
        while True:
            found = self._get(path, given(limit=1000, cursor=cursor))
            items += read_list(model, found, field)
            damaged += found.get("damaged") or []
            cursor = found.get("next")
            if cursor is None:
                break
        if damaged:
            raise DamagedRecords(damaged, items)
        return items


def etag(text: Optional[str]) -> Optional[str]:
    """Quotes a version or checkpoint that is not quoted yet."""
    return text if text is None or text.startswith('"') or text == "*" else f'"{text}"'
