"""Writes the flows of the previous engine's database as files, for `pawl validate` and
`pawl flows put`, and lists the runs that have not ended.

`python -m pawl.legacy.export ~/.ren/workflow.db flows` writes one file per flow: the version that
a start without a version chose, the newest published one. The database is only read. To have all
versions and the runs in Pawl, use `pawl import`.
"""

import argparse
import json
import re
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

from .._text import printable
from ..models import Object
from ._models import for_pawl

_ENDED = ("completed", "failed", "cancelled")


class OldFlow(NamedTuple):
    """A flow; `definition` is None if it cannot be used, and `problem` says why."""

    id: int
    name: str
    version: str
    definition: Optional[Object]
    problem: str = ""

    @property
    def file(self) -> str:
        slug = re.sub(r"[^A-Za-z0-9._-]+", "-", self.name).strip("-.")[:80]
        return f"{self.id}-{slug}.json" if slug else f"{self.id}.json"


class OldRun(NamedTuple):
    id: str
    status: str


def main(arguments: Optional[List[str]] = None) -> int:
    """Returns the exit code: 0, 1 if a flow cannot be used or the database not be read."""
    parser = argparse.ArgumentParser(prog="python -m pawl.legacy.export", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("database", metavar="DATABASE")
    parser.add_argument("folder", metavar="FOLDER", help="created if it does not exist")
    options = parser.parse_args(arguments)
    try:
        flows, runs = read(options.database)
        folder = Path(options.folder)
        folder.mkdir(parents=True, exist_ok=True)
        for flow in flows:
            if flow.definition is not None:
                text = json.dumps(flow.definition, ensure_ascii=False, indent=2)
                (folder / flow.file).write_text(text + "\n", "utf-8")
    except (OSError, sqlite3.Error) as error:
        print(f"pawl.legacy.export: {options.database}: {error}", file=sys.stderr)
        return 1
    for flow in flows:
        print(printable(f"skipped: {flow.name}: {flow.problem}" if flow.definition is None
                        else f"{folder / flow.file}: {flow.name}, version {flow.version}"))
    for run in runs:
        print(printable(f"not ended: {run.id} ({run.status})"))
    return 1 if any(flow.definition is None for flow in flows) else 0


def read(database: str) -> Tuple[List[OldFlow], List[OldRun]]:
    """Reads the flows and the unfinished runs. Raises sqlite3.Error or FileNotFoundError."""
    path = Path(database).expanduser().resolve()
    if not path.is_file():
        raise FileNotFoundError("no such file")
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        return list(_flows(connection)), list(_runs(connection))


def _flows(connection: sqlite3.Connection) -> Iterator[OldFlow]:
    seen: Dict[str, int] = {}
    for id, name in connection.execute("SELECT id, name FROM flows ORDER BY id"):
        newest = connection.execute(
            "SELECT version, dsl_json FROM flow_versions WHERE flow_id = ? ORDER BY "
            "coalesce(published, 0) DESC, created_at DESC, id DESC LIMIT 1", (id,)).fetchone()
        if newest is None:
            yield OldFlow(id, name, "", None, "it has no version")
        elif name in seen:
            yield OldFlow(id, name, newest[0], None, f"flow {seen[name]} has the same name")
        else:
            seen[name] = id
            yield _flow(id, name, *newest)


def _flow(id: int, name: str, version: str, text: Optional[str]) -> OldFlow:
    try:
        definition = json.loads(text or "")
        if not isinstance(definition, dict):
            raise ValueError("it is not an object")
        json.dumps(definition, allow_nan=False)
        return OldFlow(id, name, version, for_pawl(definition, name))
    except (ValueError, TypeError, AttributeError) as error:
        return OldFlow(id, name, version, None, f"the definition of version {version}: {error}")


def _runs(connection: sqlite3.Connection) -> Iterator[OldRun]:
    """A run with an end has ended, whatever its status says."""
    rows = connection.execute("SELECT thread_id, status FROM runs WHERE finished_at IS NULL "
                              "ORDER BY started_at, thread_id")
    return (OldRun(id, status) for id, status in rows if status not in _ENDED)


if __name__ == "__main__":
    sys.exit(main())
