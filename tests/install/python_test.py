"""Installs the Python packages as a user would, without the network, into a new environment. Then the
installed packages talk to a server and run its steps."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.environ.get("PAWL_TEST_PROGRAM", os.path.join(ROOT, "build", "release", "pawl"))
LIMIT_S = 120
# The system's Python, which has the packages of scripts/packages; another may lack them.
PYTHON = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable

# A worker and a client in one: the installed package runs the step.
SESSION = """
import json, sys, threading
import pawl

worker = pawl.Worker(sys.argv[1])

@worker.function("orders.charge")
def charge(state, logger, amount):
    logger.info("charging %s", amount)
    return {"charged": amount}

threading.Thread(target=worker.run, daemon=True).start()
client = pawl.Client(sys.argv[1])
client.create_flow({"name": "order", "nodes": [
    {"id": "a", "type": "task", "data": {"code_ref": "orders.charge", "args": {"amount": 42}}}]})
run = client.start_and_wait("order", {"total": 42}, wait=60)
print(json.dumps({"package": pawl.__file__, "status": run.status, "data": run.data}))
"""


def environment(**changes):
    """Our environment without the variables that redirect Python, pip or Pawl."""
    names = {name: value for name, value in os.environ.items()
             if not name.startswith(("PAWL_", "PYTHON", "PIP_", "VIRTUAL_ENV"))}
    return {**names, **changes}


def ran(folder, *command):
    done = subprocess.run(command, env=environment(), cwd=folder, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=LIMIT_S, check=False)
    if done.returncode != 0:
        raise AssertionError(f"exit code {done.returncode}: {' '.join(command)}\n"
                             f"{done.stdout}{done.stderr}")
    return done.stdout


class PythonPackageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="pawl-python-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = folder.name
        # A build leaves files beside the sources.
        cls.source, cls.old_names = (os.path.join(cls.folder, name) for name in ("source", "old"))
        for package, source in (("python", cls.source), ("workflow_engine", cls.old_names)):
            shutil.copytree(os.path.join(ROOT, "sdk", package), source,
                            ignore=shutil.ignore_patterns("__pycache__", "build", "*.egg-info"))
        place = os.path.join(cls.folder, "environment")
        # With the system's packages: setuptools, which builds the package, is one of them.
        ran(cls.folder, PYTHON, "-m", "venv", "--system-site-packages", place)
        cls.python = os.path.join(place, "bin", "python")
        ran(cls.folder, cls.python, "-m", "pip", "install", "--no-index", "--no-build-isolation",
            "--disable-pip-version-check", cls.source, cls.old_names)

    def serve(self):
        server = subprocess.Popen([PROGRAM, "serve", "--listen", "127.0.0.1:0"], env=environment(),
                                  cwd=self.folder, text=True, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.PIPE)

        def stop():
            server.terminate()
            server.communicate(timeout=LIMIT_S)

        self.addCleanup(stop)
        found = re.search(r"listening on (http://\S+)", server.stderr.readline())
        self.assertTrue(found)
        return found[1]

    def test_what_pip_installs_does_a_step_of_a_server(self):
        said = json.loads(ran(self.folder, self.python, "-c", SESSION, self.serve()))
        self.assertEqual((said["status"], said["data"]), ("completed", {"charged": 42, "total": 42}))
        self.assertTrue(said["package"].startswith(os.path.join(self.folder, "environment")), said)

    def test_what_pip_installs_has_all_that_the_source_has(self):
        self.check_files("pawl", self.source, "")
        self.check_files("workflow_engine", self.old_names, "pawl")
        for module in ("pawl.worker", "pawl.legacy"):
            shown = ran(self.folder, self.python, "-m", module, "--help")
            self.assertIn("usage:", shown)

    def test_the_old_import_names_are_those_of_pawl(self):
        said = ran(self.folder, self.python, "-c", "import workflow_engine.core.registry as old\n"
                   "import pawl.legacy as new\nprint(old.register_function is "
                   "new.register_function)")
        self.assertEqual(said, "True\n")

    def check_files(self, package, source, requires):
        listed = ran(self.folder, self.python, "-m", "pip", "show", "--files", package)
        with open(os.path.join(source, "pyproject.toml"), encoding="utf-8") as file:
            version = re.search(r'^version = "(.*)"$', file.read(), flags=re.M)[1]
        self.assertIn(f"\nVersion: {version}\n", listed)
        self.assertRegex(listed, f"(?m)^Requires: ?{requires}$")
        for where, folders, names in os.walk(os.path.join(source, package)):
            folders[:] = [name for name in folders if name != "__pycache__"]
            for name in names:
                path = os.path.relpath(os.path.join(where, name), source)
                self.assertIn(f"  {path}\n", listed)


if __name__ == "__main__":
    unittest.main()
