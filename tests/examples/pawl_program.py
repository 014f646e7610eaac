"""The program `pawl` for tests: runs it with settings that nothing outside of the test changes."""

import json
import os
import signal
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.environ.get("PAWL_TEST_PROGRAM", os.path.join(ROOT, "build", "release", "pawl"))
LIMIT_S = 120


def environment(**settings):
    """Our environment with no setting of Pawl but the given: exec_path="/bin"."""
    names = {name: value for name, value in os.environ.items() if not name.startswith("PAWL_")}
    names.update({"PAWL_" + name.upper(): value for name, value in settings.items()})
    return names


def pawl(*arguments, expect=0, **settings):
    """Runs `pawl` and returns what it wrote to standard output. `expect`: its exit code; None for
    any; a signal's negative number where it is killed."""
    done = subprocess.run([PROGRAM, *arguments], env=environment(**settings), text=True,
                          capture_output=True, timeout=LIMIT_S, check=False)
    if expect is not None and done.returncode != expect:
        raise AssertionError(f"exit code {done.returncode}, not {expect}: pawl "
                             + " ".join(arguments) + "\n" + done.stdout + done.stderr)
    return done.stdout


def show(run, data_dir):
    return json.loads(pawl("runs", "show", run, "--json", "--data-dir", data_dir))


def history(run, data_dir):
    lines = pawl("runs", "history", run, "--json", "--data-dir", data_dir).splitlines()
    return [json.loads(line) for line in lines]


KILLED = -signal.SIGKILL
