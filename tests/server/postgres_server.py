"""A PostgreSQL server for tests: a new cluster in a temporary folder, reached by its Unix socket.

Runs as `nobody` if the test runs as root, whom PostgreSQL refuses."""

import glob
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from urllib.parse import quote

LIMIT_S = 60


def find_programs():
    """The folder of the newest `initdb`. Without one the test is skipped (77), or fails with CI=1."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
    if found:
        return os.path.dirname(found[-1])
    if os.environ.get("CI") == "1":
        sys.exit("CI=1, but no PostgreSQL server is installed")
    print("skipped: no PostgreSQL server is installed (package postgresql)")
    sys.exit(77)


class PostgresServer:
    def __init__(self):
        self.programs = find_programs()
        self.folder = tempfile.mkdtemp(prefix="pawl-pg-", dir="/tmp")
        self.user = {}
        if os.getuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
            self.user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        self.data = os.path.join(self.folder, "data")
        subprocess.run([self.program("initdb"), "-D", self.data, "-U", "pawl", "-A", "trust",
                        "--no-locale", "-E", "UTF8", "--no-sync"],
                       check=True, stdout=subprocess.DEVNULL, cwd=self.folder, **self.user)
        self.start()

    def program(self, name):
        return os.path.join(self.programs, name)

    def start(self):
        deadline = time.monotonic() + LIMIT_S
        self.process = None
        while True:
            # It does not start while processes of one that was killed have not ended.
            if self.process is None or self.process.poll() is not None:
                with open(os.path.join(self.folder, "log"), "ab") as log:
                    self.process = subprocess.Popen(
                        [self.program("postgres"), "-D", self.data, "-k", self.folder, "-c",
                         "listen_addresses="], stdout=log, stderr=log, cwd=self.folder, **self.user)
            ready = subprocess.run([self.program("pg_isready"), "-q", "-h", self.folder],
                                   check=False)
            if ready.returncode == 0:
                return
            assert time.monotonic() < deadline, "PostgreSQL does not start"
            time.sleep(0.02)

    def crash(self):
        self.process.kill()
        self.process.wait()

    def url(self, database="postgres"):
        return f"postgres://pawl@{quote(self.folder, safe='')}/{database}"

    def sql(self, statement, database="postgres"):
        """Runs a statement; returns its rows as text."""
        done = subprocess.run([self.program("psql"), "-h", self.folder, "-U", "pawl", "-d", database,
                               "-v", "ON_ERROR_STOP=1", "-qAtc", statement],
                              check=True, text=True, capture_output=True, cwd=self.folder)
        return done.stdout.splitlines()

    def stop(self):
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait()
        shutil.rmtree(self.folder)
