"""User code of the Python packages and the packages themselves pass `mypy --strict`.

Exit code 77 if mypy is not installed; CI installs it (.ci/run).
"""

import os
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SDK = os.path.join(ROOT, "sdk", "python")
OLD_NAMES = os.path.join(ROOT, "sdk", "workflow_engine")
SAMPLES = os.path.join(SDK, "tests", "typed")
SKIPPED = 77


def mypy(folder, *arguments):
    # The package is found as an installed one is: its py.typed decides, not its source tree.
    environment = {**os.environ, "MYPYPATH": os.pathsep.join((SDK, OLD_NAMES))}
    return subprocess.run(["mypy", "--strict", "--cache-dir", folder, *arguments], cwd=folder,
                          env=environment, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)


def main():
    if shutil.which("mypy") is None:
        print("skipped: mypy is not installed (Debian package mypy)")
        return SKIPPED
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="pawl-mypy-") as folder:
        for name in sorted(os.listdir(SAMPLES)):
            if name.endswith(".py"):
                done = mypy(folder, os.path.join(SAMPLES, name))
                print(name, done.stdout, sep=": ", end="")
                wrong += done.returncode != 0
        for package in ("pawl", "workflow_engine"):
            done = mypy(folder, "--package", package)
            print(package, done.stdout, sep=": ", end="")
            wrong += done.returncode != 0
        bad = os.path.join(folder, "bad.py")
        with open(bad, "w", encoding="utf-8") as file:
            file.write("import pawl\nnumber: int = pawl.Client().run('a').status\n")
        done = mypy(folder, bad)
        if "Incompatible types in assignment" not in done.stdout:
            print("a wrong type is not reported:", done.stdout)
            wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
