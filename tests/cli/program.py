"""Helpers for the tests of the program: run it, write flow files, read its store."""

import json
import os
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.environ.get("PAWL_TEST_PROGRAM", os.path.join(ROOT, "build", "release", "pawl"))
LIMIT_S = 60

OK, FAILED, USAGE, INVALID, NOT_FOUND, CANCELLED, STORE, UNAVAILABLE, WAITING = range(9)


def environment(**changes):
    """The environment without settings of Pawl and of the terminal."""
    names = {name: value for name, value in os.environ.items()
             if not name.startswith("PAWL_") and name not in ("NO_COLOR", "LC_ALL", "LC_CTYPE")}
    return {**names, "LANG": "C.UTF-8", **changes}


def task(name, code_ref, **data):
    return {"id": name, "type": "task", "data": {"code_ref": code_ref, **data}}


def sequence(*nodes, name="flow"):
    """A flow of nodes in sequence."""
    return {"name": name, "nodes": list(nodes),
            "edges": [{"source": a["id"], "target": b["id"]} for a, b in zip(nodes, nodes[1:])]}


class ProgramTest(unittest.TestCase):
    """Gives each test its own folder."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="pawl-cli-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.store = os.path.join(self.folder, "store")
        self.where = ["--data-dir", self.store]

    def file(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(content if isinstance(content, str) else json.dumps(content))
        return path

    def flow(self, *nodes, name="flow"):
        return self.file(name + ".json", sequence(*nodes, name=name))

    def pawl(self, *arguments, expect=OK, input=None, program=(PROGRAM,), **variables):
        """Runs the program. Checks the exit code, that it does not hang or print internals, and that
        an error message begins with its name."""
        done = subprocess.run([*program, *arguments], env=environment(**variables), text=True,
                              capture_output=True, timeout=LIMIT_S, input=input, check=False,
                              cwd=self.folder)
        output = f"pawl {' '.join(arguments)}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        self.assertEqual(done.returncode, expect, output)
        for trace in ("terminate called", "std::", "what():", "assertion"):
            self.assertNotIn(trace, done.stderr, output)
        if expect in (USAGE, NOT_FOUND, STORE, UNAVAILABLE):
            self.assertRegex(done.stderr, r"(?m)^pawl: \S", output)
        return done

    def refused(self, code, words, *arguments, **options):
        """Runs the program; it must fail with `code` and print each of `words`."""
        done = self.pawl(*arguments, expect=code, **options)
        for word in [words] if isinstance(words, str) else words:
            self.assertIn(word, done.stderr + done.stdout)
        return done

    def lines(self, *arguments, **options):
        """Runs the program and parses each line of its output as JSON."""
        return [json.loads(line) for line in self.pawl(*arguments, **options).stdout.splitlines()]

    def show(self, run, **options):
        [shown] = self.lines("runs", "show", run, "--json", *self.where, **options)
        return shown
