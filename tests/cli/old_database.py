"""A database of the previous engine, with its checkpoints and logs, for tests of `pawl import`."""

import json
import os
import sqlite3
import struct

from program import ProgramTest

TIME = "2025-10-29 01:02:03.004567"
SCHEMA = """
CREATE TABLE flows (id INTEGER PRIMARY KEY, name VARCHAR(255), created_at TEXT);
CREATE TABLE flow_versions (id INTEGER PRIMARY KEY, flow_id INTEGER, version VARCHAR(50),
    dsl_json TEXT, compiled_meta TEXT, published INTEGER, created_at TEXT);
CREATE TABLE runs (thread_id VARCHAR(255) PRIMARY KEY, flow_version_id INTEGER, status TEXT,
    started_at TEXT, finished_at TEXT, last_event_at TEXT, run_metadata TEXT);
CREATE TABLE signals (id INTEGER PRIMARY KEY, thread_id TEXT, type TEXT, payload_json TEXT,
    ts TEXT, processed INTEGER);
"""
CHECKPOINTS = """
CREATE TABLE checkpoints (thread_id TEXT, checkpoint_ns TEXT, checkpoint_id TEXT,
    parent_checkpoint_id TEXT, type TEXT, checkpoint BLOB, metadata BLOB);
CREATE TABLE writes (thread_id TEXT, checkpoint_ns TEXT, checkpoint_id TEXT, task_id TEXT, idx INTEGER,
    channel TEXT, type TEXT, value BLOB);
"""


def definition(*functions):
    nodes = [{"id": "start", "type": "start", "data": None, "position": {"x": 1}}]
    nodes += [{"id": f"n{i}", "type": "python", "data": {"code_ref": name, "args": {}}}
              for i, name in enumerate(functions)]
    nodes.append({"id": "end", "type": "end", "data": None})
    edges = [{"source": a["id"], "target": b["id"], "data": None} for a, b in zip(nodes, nodes[1:])]
    return json.dumps({"name": "another name", "nodes": nodes, "edges": edges})


def packed(value):
    """The value as msgpack: what the test needs of it, and an extension for a set."""
    if value is None:
        return b"\xc0"
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        return struct.pack(">Bq", 0xd3, value)
    if isinstance(value, str):
        text = value.encode("utf-8")
        return struct.pack(">BI", 0xdb, len(text)) + text
    if isinstance(value, set):
        inner = packed("builtins") + packed("set")
        return struct.pack(">BIb", 0xc9, len(inner), 5) + inner
    return struct.pack(">BI", 0xdf, len(value)) + b"".join(packed(k) + packed(v)
                                                           for k, v in value.items())


class OldDatabaseTest(ProgramTest):
    """Gives each test an empty database of the previous engine."""

    def setUp(self):
        super().setUp()
        self.database = os.path.join(self.folder, "old.db")
        self.db = sqlite3.connect(self.database)
        self.addCleanup(self.db.close)
        self.db.executescript(SCHEMA)

    def add_version(self, number, flow, name, version, text, published=1):
        self.db.execute("INSERT OR IGNORE INTO flows VALUES (?, ?, ?)", (flow, name, TIME))
        self.db.execute("INSERT INTO flow_versions VALUES (?, ?, ?, ?, NULL, ?, ?)",
                        (number, flow, version, text, published, f"2025-10-29 01:02:{number:02}"))

    def add_run(self, id, version, status, finished=None, metadata='{"inputs": {"n": 1}}',
                started=TIME):
        self.db.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?)",
                        (id, version, status, started, finished, TIME, metadata))

    def add_checkpoints(self, *rows, writes=()):
        """Rows: run, id, values of channels, and a namespace if it is not "". Writes: run, id of the
        checkpoint, channel, value, and a namespace."""
        self.db.commit()
        with sqlite3.connect(os.path.join(self.folder, "old_checkpoints.db")) as beside:
            beside.executescript(CHECKPOINTS)
            for run, id, values, *space in rows:
                beside.execute("INSERT INTO checkpoints VALUES (?, ?, ?, NULL, 'msgpack', ?, NULL)",
                               (run, space[0] if space else "", id, packed({"channel_values": values})))
            for number, (run, id, channel, value, *space) in enumerate(writes):
                beside.execute("INSERT INTO writes VALUES (?, ?, ?, 't', ?, ?, 'msgpack', ?)",
                               (run, space[0] if space else "", id, number, channel, packed(value)))
        beside.close()

    def add_log(self, run, *lines):
        """Lines: dicts of what differs from a usual line, or texts as they are."""
        folder = os.path.join(self.folder, "logs", run)
        os.makedirs(folder)
        usual = {"ts": "2025-10-29T01:02:03.004567", "level": "INFO", "thread_id": run,
                 "node_id": None, "message": "", "context": {}}
        with open(os.path.join(folder, "logs.jsonl"), "w", encoding="utf-8") as file:
            for line in lines:
                file.write((line if isinstance(line, str) else json.dumps({**usual, **line})) + "\n")
        self.logs = ["--logs", os.path.join(self.folder, "logs")]

    def imported(self, *arguments):
        *notes, total = self.lines("import", self.database, "--json", *arguments, *self.where)
        return {note["old"]: note for note in notes}, total

    def shown(self, run):
        [shown] = self.lines("runs", "show", run, "--json", *self.where)
        return shown
