"""How a worker begins and ends, where that needs no Pawl server."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import pawl
from pawl.worker.__main__ import find
from tests.peer import Peer

FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def worker(url, **options):
    made = pawl.Worker(pawl.Client(url, timeout=5), **options)
    made.register("f", lambda state: None)
    return made


def closed_port():
    """A port that nobody listens on, and nobody else gets while the socket lives."""
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    return taken


class Life(unittest.TestCase):
    def test_it_needs_functions_and_starts_once(self):
        with self.assertRaisesRegex(ValueError, "no functions"):
            pawl.Worker().start()
        with Peer(lambda wire: wire.request()) as peer:
            w = worker(peer.url)
            with w:
                with self.assertRaisesRegex(RuntimeError, "already"):
                    w.start()
            self.assertTrue(w.stop())
            with w:  # and may be started again after a stop
                pass

    def test_wrong_options_are_refused(self):
        for wrong in ({"threads": 0}, {"lease": 0.5}, {"lease": 7200}):
            with self.assertRaises(ValueError):
                pawl.Worker(**wrong)

    def test_a_server_that_refuses_it_ends_its_run(self):
        def script(wire):
            wire.request()
            wire.answer('{"code":"unauthorized","detail":"no such key"}', "401 No")
        with Peer(script) as peer, self.assertLogs("pawl.worker", "ERROR"):
            with self.assertRaisesRegex(pawl.Unauthorized, "no such key"):
                worker(peer.url).run()

    def test_it_asks_on_after_the_server_was_away(self):
        asked = threading.Event()

        def works(wire):
            wire.request()
            asked.set()
            wire.request()
        with Peer(lambda wire: wire.request(), works) as peer:
            with self.assertLogs("pawl.worker", "WARNING"), worker(peer.url):
                self.assertTrue(asked.wait(5))

    def test_a_stop_does_not_wait_for_the_poll_under_way(self):
        asked = threading.Event()

        def waits(wire):
            wire.request()
            asked.set()
            wire.request()
        with Peer(waits) as peer:
            w = worker(peer.url, poll_wait=60)
            w.start()
            self.assertTrue(asked.wait(5))
            begin = time.monotonic()
            self.assertTrue(w.stop())
            self.assertLess(time.monotonic() - begin, 5)


class Program(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        with open(os.path.join(self.folder.name, "app.py"), "w") as file:
            file.write("import pawl\nworker = pawl.Worker()\nother = 1\n"
                       "worker.register('f', lambda state: None)\n"
                       "def make():\n    return worker\n")
        self.taken = closed_port()
        self.addCleanup(self.taken.close)

    def program(self, target, *command):
        env = {**os.environ, "PYTHONPATH": FOLDER, "PYTHONUNBUFFERED": "1",
               "PAWL_SERVER": f"http://127.0.0.1:{self.taken.getsockname()[1]}"}
        command = command or ("-m", "pawl.worker", target)
        process = subprocess.Popen([sys.executable, *command], text=True, env=env,
                                   cwd=self.folder.name, stderr=subprocess.PIPE)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def test_it_works_until_a_signal_and_ends_well(self):
        for target, number in (("app:worker", signal.SIGTERM), ("app", signal.SIGINT),
                               ("app:make", signal.SIGTERM)):
            process = self.program(target)
            lines = iter(process.stderr.readline, "")
            self.assertTrue(any("polling failed" in line for line in lines), target)
            process.send_signal(number)
            rest = process.communicate(timeout=20)[1]
            self.assertEqual(process.returncode, 0, rest)
            self.assertIn(number.name, rest)
            self.assertNotIn("RuntimeWarning", rest)

    def test_it_reports_its_start_and_stop_without_a_configured_log(self):
        process = self.program("", "-c", "import app; app.worker.run()")
        url = f"http://127.0.0.1:{self.taken.getsockname()[1]}"
        self.assertRegex(process.stderr.readline(),
                         rf"^pawl: worker \S+ polls queue default of {url} for f$")
        process.send_signal(signal.SIGTERM)
        rest = process.communicate(timeout=20)[1]
        self.assertEqual(process.returncode, 0, rest)
        self.assertRegex(rest, r"(?m)^pawl: worker \S+ stops: SIGTERM$")

    def test_a_wrong_target_is_reported(self):
        for target, said in (("nothing:worker", "no module named 'nothing'"),
                             ("app:other", "app:other is not a pawl.Worker")):
            process = self.program(target)
            text = process.communicate(timeout=20)[1]
            self.assertEqual(process.returncode, 2)
            self.assertIn(said, text)
        with self.assertRaises(LookupError):
            find("no.such.module:worker")
