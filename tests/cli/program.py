"""What the tests of the program share: running it, making flows, looking at its store."""

import json
import os
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.environ.get("PAWL_TEST_PROGRAM", os.path.join(ROOT, "build", "release", "pawl"))
LIMIT_S = 60

OK, FAILED, USAGE, INVALID, NOT_FOUND, CANCELLED, STORE, UNAVAILABLE = range(8)


def environment(**changes):
    """Ours without any setting of Pawl, and with no terminal's wishes."""
    names = {name: value for name, value in os.environ.items()
             if not name.startswith("PAWL_") and name not in ("NO_COLOR", "LC_ALL", "LC_CTYPE")}
    return {**names, "LANG": "C.UTF-8", **changes}


def task(name, code_ref, **data):
    return {"id": name, "type": "task", "data": {"code_ref": code_ref, **data}}


def sequence(*nodes, name="flow"):
    """A flow of nodes one after the other."""
    return {"name": name, "nodes": list(nodes),
            "edges": [{"source": a["id"], "target": b["id"]} for a, b in zip(nodes, nodes[1:])]}


class ProgramTest(unittest.TestCase):
    """Each test has a folder of its own."""

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
        """Runs the program. Whatever happens it does not hang, shows no stack trace, and explains a
        mistake in lines that begin with its name."""
        done = subprocess.run([*program, *arguments], env=environment(**variables), text=True,
                              capture_output=True, timeout=LIMIT_S, input=input, check=False,
                              cwd=self.folder)
        said = f"pawl {' '.join(arguments)}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        self.assertEqual(done.returncode, expect, said)
        for trace in ("terminate called", "std::", "what():", "assertion"):
            self.assertNotIn(trace, done.stderr, said)
        if expect in (USAGE, NOT_FOUND, STORE, UNAVAILABLE):
            self.assertRegex(done.stderr, r"(?m)^pawl: \S", said)
        return done

    def refused(self, code, words, *arguments, **options):
        """The program ends with `code` and says all of `words`."""
        done = self.pawl(*arguments, expect=code, **options)
        for word in [words] if isinstance(words, str) else words:
            self.assertIn(word, done.stderr + done.stdout)
        return done

    def lines(self, *arguments, **options):
        """The JSON objects that the program prints, one per line."""
        return [json.loads(line) for line in self.pawl(*arguments, **options).stdout.splitlines()]

    def show(self, run, **options):
        [shown] = self.lines("runs", "show", run, "--json", *self.where, **options)
        return shown
