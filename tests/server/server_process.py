"""Shared by the server tests: a server process and a client."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import unittest
from urllib.parse import quote

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "cli"))
from program import LIMIT_S, PROGRAM, environment  # noqa: E402


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.text = response.read().decode()

    @property
    def body(self):
        return json.loads(self.text)


class Server:
    """`pawl serve` on a free port, with a data folder unless it has a database."""

    def __init__(self, folder, *arguments, listen="127.0.0.1:0", preexec=None, database=None,
                 **variables):
        store = (["--set", f"storage.url={database}"] if database else
                 ["--data-dir", os.path.join(folder, "store")])
        self.process = subprocess.Popen(
            [PROGRAM, "serve", "--listen", listen, *store, *arguments],
            env=environment(**variables), text=True, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, cwd=folder, preexec_fn=preexec)
        before = []
        line = self.process.stderr.readline()
        while line and not line.startswith("pawl: "):  # the log has a thread of its own
            before.append(line)
            line = self.process.stderr.readline()
        found = re.fullmatch(r"pawl: listening on http://127\.0\.0\.1:(\d+)\n", line)
        if not found and not line.startswith("pawl: listening on "):
            rest = "".join(before) + line + self.process.stderr.read()
            self.process.wait(timeout=LIMIT_S)
            raise AssertionError(f"the server did not start: {rest}")
        self.ready_line = line
        self.port = int(found[1]) if found else None
        # The log must be read, because the server blocks when the pipe is full.
        self.said = before
        self.reader = threading.Thread(target=self.said.extend, args=(self.process.stderr,))
        self.reader.start()

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT_S)

    def call(self, method, path, body=None, **headers):
        """Sends one request on a new connection. A body that is not text is sent as JSON."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        if body is not None:
            names.setdefault("Content-Type", "application/json")
        connection = self.connect()
        try:
            connection.request(method, path, body=body, headers=names)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def get(self, path, **headers):
        return self.call("GET", path, **headers)

    def post(self, path, body=None, **headers):
        return self.call("POST", path, {} if body is None else body, **headers)

    def events(self, run, last=None):
        """Yields the events of a run's stream: (id, kind, data)."""
        return self.events_at(f"/v1/runs/{quote(run)}/events", last)

    def events_at(self, path, last=None):
        connection = self.connect()
        try:
            connection.request("GET", path, headers={"Last-Event-ID": last} if last else {})
            response = connection.getresponse()
            if response.status != 200:
                raise AssertionError(f"{response.status}: {response.read()!r}")
            event = {}
            for line in response:
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name:
                    event[name] = value
                    continue
                if "event" in event:
                    yield event.get("id"), event["event"], json.loads(event["data"])
                event = {}  # an id without an event is not the id of the next one
        finally:
            connection.close()

    def stop(self, number=signal.SIGTERM):
        """Stops the server and returns its exit code and remaining output."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(timeout=LIMIT_S)
        self.reader.join()
        self.process.stderr.close()
        return code, "".join(self.said)


class ServerTest(unittest.TestCase):
    """Each test has its own folder; its servers end with the test."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="pawl-server-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def serve(self, *arguments, **options):
        server = Server(self.folder, *arguments, **options)
        self.addCleanup(lambda: server.process.stderr.closed or server.stop(signal.SIGKILL))
        return server


def sequence(name, *nodes):
    return {"name": name, "nodes": list(nodes),
            "edges": [{"source": a["id"], "target": b["id"]} for a, b in zip(nodes, nodes[1:])]}


def task(name, code_ref="core.echo", **args):
    return {"id": name, "type": "task", "data": {"code_ref": code_ref, "args": args}}


def wait_for_signal(name, kind):
    return {"id": name, "type": "signal", "data": {"name": kind}}
