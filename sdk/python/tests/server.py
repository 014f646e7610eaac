"""A real server for the tests that need one: PAWL_PROGRAM names the program."""

import os
import queue
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest

import pawl

PROGRAM = os.environ.get("PAWL_PROGRAM")
_READY = re.compile(r"pawl: listening on (http://\S+)")
PATIENCE = 30.0


def _read(stream, lines: "queue.Queue[str]") -> None:
    """All lines, then an empty one: to a queue of their own, for another process may have begun."""
    with stream:
        for line in stream:
            lines.put(line)
    lines.put("")


class Server:
    """`pawl serve` on a folder of its own; `kill` and `start` again keep folder and port."""

    def __init__(self, *options: str) -> None:
        self.options = options
        self.folder = tempfile.mkdtemp(prefix="pawl-sdk-")
        self.listen = "127.0.0.1:0"
        self.url = ""
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [PROGRAM, "serve", "--listen", self.listen, "--data-dir", self.folder + "/store",
             *self.options],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            env={key: value for key, value in os.environ.items() if not key.startswith("PAWL_")})
        lines: "queue.Queue[str]" = queue.Queue()
        threading.Thread(target=_read, args=(self.process.stderr, lines), daemon=True).start()
        said, end = [], time.monotonic() + PATIENCE
        while True:
            try:
                line = lines.get(timeout=max(0.01, end - time.monotonic()))
            except queue.Empty:
                line = ""
            found = _READY.search(line)
            if found:
                break
            said.append(line)
            if not line:
                self.close()
                raise RuntimeError(f"{PROGRAM} serve does not listen: {''.join(said)}")
        self.url = found.group(1)
        self.listen = self.url.split("//")[1].rstrip("/")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def close(self) -> None:
        if self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


@unittest.skipUnless(PROGRAM, "PAWL_PROGRAM is not set: it names the pawl program to test against")
class ServerTest(unittest.TestCase):
    """A server for all tests of a class, and a client; names that no other test uses."""

    options = ()  # of `pawl serve`

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = Server(*cls.options)
        cls.addClassCleanup(cls.server.close)
        cls.client = pawl.Client(cls.server.url, timeout=10)

    def name(self) -> str:
        """A name for the flow and the functions of this test."""
        return self.id().rsplit(".", 1)[1]

    def flow(self, *nodes, edges=None, **more) -> str:
        """Stores a flow of nodes, by default one after the other, and gives its name."""
        if edges is None:
            edges = [{"source": a["id"], "target": b["id"]} for a, b in zip(nodes, nodes[1:])]
        self.client.create_flow({"name": self.name(), "nodes": list(nodes), "edges": edges, **more},
                                publish=True)
        return self.name()

    def eventually(self, condition, what="it did not come true"):
        """Gives what `condition` gives once that is true."""
        end = time.monotonic() + PATIENCE
        while True:
            found = condition()
            if found:
                return found
            if time.monotonic() > end:
                self.fail(what)
            time.sleep(0.02)

    def status(self, run: str, status: str) -> pawl.Run:
        """Gives the run once it has the status."""
        return self.eventually(
            lambda: (lambda r: r if r.status == status else None)(self.client.run(run)),
            f"the run did not become {status}")


def task(id="n", code_ref="core.echo", args=None, **data):
    """A node that calls a function."""
    return {"id": id, "type": "task",
            "data": {"code_ref": code_ref, "args": args or {}, **data}}
