"""Tests that the README and the documents are right.

- Blocks marked `paste NAME` are pasted, as they are, into one shell per NAME: a bash that reads them from its
  standard input, in a folder with the repository's `examples`, `sdk` and the same page's blocks marked
  `file NAME`. What the shell prints is compared with the blocks marked `output NAME`. A server that they
  start listens on a free port in place of 7717 and is stopped at the end.
- Sessions (blocks that begin with `$ `) are run and their output compared. Each runs in its own folder,
  with the repository's `examples` and the blocks of the same page that are marked `file NAME`. Times,
  durations and generated ids count as equal; a line `...` stands for any lines. A command
  `pawl serve … &` starts a server for the rest of the session, on a free port instead of 7717. The Python
  package can be imported.
- CMake compiles the README's C++ program. Its output is the block `cpp_output`.
- Every JSON block parses, and every flow is valid. Every TOML block is a valid configuration.
- Graphs of flows (blocks marked `graph NAME`) are as the program draws them; see draw_flows.py.
- Every link within the repository has a target.
"""

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import unittest

from draw_flows import DRAWING, redrawn
from marked_blocks import blocks

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "examples"))
from pawl_program import LIMIT_S, PROGRAM, ROOT, environment, pawl  # noqa: E402

VOLATILE = [
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "ID"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| UTC)?"), "WHEN"),
    (re.compile(r"\b\d\d:\d\d:\d\d(\.\d+)?"), "WHEN"),
    (re.compile(r"<?\b\d+(\.\d+)?(us|ms|s)\b"), "TIME"),
    (re.compile(r"[ \t]+"), " "),
]


# The port of servers in the documents, and the command that starts one.
PORT = "7717"
SERVER = re.compile(r"pawl serve .*[^&]&$")


def markdown_files():
    """The paths of all Markdown files, relative to the repository."""
    for where, folders, names in os.walk(ROOT):
        folders[:] = [f for f in folders if not f.startswith(".") and f not in ("build", "node_modules")]
        for name in names:
            if name.endswith(".md"):
                yield os.path.relpath(os.path.join(where, name), ROOT)


def all_blocks():
    return [b for name in sorted(markdown_files()) for b in blocks(os.path.join(ROOT, name), name)]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def stable(line):
    for pattern, word in VOLATILE:
        line = pattern.sub(word, line)
    return line.strip()


def matches(shown, printed):
    """True if the lines are equal. `...` among the shown lines stands for any lines."""
    if not shown:
        return not printed
    if shown[0] == "...":
        return any(matches(shown[1:], printed[at:]) for at in range(len(printed) + 1))
    return bool(printed) and shown[0] == printed[0] and matches(shown[1:], printed[1:])


def commands(session):
    """[command, shown lines] for each `$ ` of a session. A trailing backslash continues a command."""
    found = []
    for line in session.splitlines():
        if found and found[-1][0].endswith("\\"):
            found[-1][0] = found[-1][0][:-1] + line.removeprefix("> ").lstrip()
        elif line.startswith("$ "):
            found.append([line[2:], []])
        elif not found:
            raise ValueError("a session must begin with a command: $ ...")
        else:
            found[-1][1].append(line)
    return found


class DocsTest(unittest.TestCase):
    maxDiff = None

    def run_session(self, block):
        with tempfile.TemporaryDirectory(prefix="pawl-docs-") as folder:
            os.symlink(os.path.join(ROOT, "examples"), os.path.join(folder, "examples"))
            self.write_files(block, folder, PORT)
            names = environment()
            names.update(PATH=os.path.dirname(PROGRAM) + ":" + names["PATH"], LC_ALL="C.UTF-8",
                         PYTHONPATH=os.path.join(ROOT, "sdk", "python"))
            port = PORT
            for command, shown in commands(block.text):
                if SERVER.match(command):
                    printed, code = self.begin_server(command, folder, names), "none yet"
                    port = printed.rpartition(":")[2].strip()
                    printed = printed.replace(port, PORT)
                    self.write_files(block, folder, port)
                else:
                    command = command.replace(PORT, port)
                    done = subprocess.run(["bash", "-c", command], cwd=folder, env=names, text=True,
                                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                          timeout=LIMIT_S, check=False)
                    printed, code = done.stdout, done.returncode
                if not matches([stable(line) for line in shown],
                               [stable(line) for line in printed.splitlines()]):
                    self.fail(f"{block}: $ {command}\n--- shown\n" + "\n".join(shown)
                              + f"\n--- printed (exit code {code})\n" + printed)
            self.doCleanups()

    def paste(self, page, name, blocks_of_page):
        """Pastes the blocks `paste NAME` of a page into one shell; returns what it prints."""
        port = str(free_port())
        with tempfile.TemporaryDirectory(prefix="pawl-docs-") as folder:
            for shared in ("examples", "sdk"):
                os.symlink(os.path.join(ROOT, shared), os.path.join(folder, shared))
            self.write_files(blocks_of_page[0], folder, port)
            names = environment()
            names.update(PATH=os.path.dirname(PROGRAM) + ":" + names["PATH"], LC_ALL="C.UTF-8",
                         PAWL_SERVER_LISTEN="127.0.0.1:" + port)
            pasted = "".join(b.text for b in blocks_of_page if (b.mark, b.name) == ("paste", name))
            pasted = pasted.replace(PORT, port)
            # The server, if there is one, holds the pipe open until it is stopped.
            pasted += "jobs=$(jobs -p); [[ -z $jobs ]] || { kill $jobs; wait; }\n"
            done = subprocess.run(["bash"], input=pasted, cwd=folder, env=names, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  timeout=LIMIT_S, check=False)
            return done.stdout.replace(port, PORT)

    def test_pasted_blocks_print_what_is_shown(self):
        count = 0
        for page in sorted(markdown_files()):
            found = blocks(os.path.join(ROOT, page), page)
            for name in sorted({b.name for b in found if b.mark == "paste"}):
                with self.subTest(page=page, name=name):
                    count += 1
                    printed = self.paste(page, name, found)
                    shown = [line for b in found if (b.mark, b.name) == ("output", name)
                             for line in b.text.splitlines()]
                    self.assertTrue(shown, f"no block is marked `output {name}`")
                    if not matches([stable(line) for line in shown],
                                   [stable(line) for line in printed.splitlines()]):
                        self.fail(f"{page}: paste {name}\n--- shown\n" + "\n".join(shown)
                                  + "\n--- printed\n" + printed)
        self.assertTrue(count, "no page has a block to paste")

    def write_files(self, block, folder, port):
        """Writes the blocks of the same page that are marked as files."""
        for shown in blocks(os.path.join(ROOT, block.file), block.file):
            if shown.mark == "file":
                with open(os.path.join(folder, shown.name), "w", encoding="utf-8") as file:
                    file.write(shown.text.replace(PORT, port))

    def begin_server(self, command, folder, names):
        """Returns the line that the server prints when it is ready. At the end it must stop cleanly."""
        command = command.removesuffix("&") + " --listen 127.0.0.1:0"
        server = subprocess.Popen(["bash", "-c", "exec " + command], cwd=folder, env=names, text=True,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

        def stop():
            server.terminate()
            said = server.stderr.read()
            server.stderr.close()
            self.assertEqual((server.wait(LIMIT_S), said), (0, ""))

        self.addCleanup(stop)
        return server.stderr.readline()

    def test_sessions_print_what_is_shown(self):
        sessions = [block for block in all_blocks()
                    if block.text.startswith("$ ") and block.mark != "skip"]
        self.assertTrue(sessions)
        for block in sessions:
            with self.subTest(block=str(block)):
                self.run_session(block)

    def test_the_program_in_the_readme_prints_what_is_shown(self):
        shown, = [b for b in all_blocks() if b.file == "README.md" and b.mark == "cpp_output"]
        with tempfile.TemporaryDirectory(prefix="pawl-docs-") as folder:
            done = subprocess.run([os.environ["PAWL_TEST_README_PROGRAM"]], cwd=folder, text=True,
                                  env=environment(), capture_output=True, timeout=LIMIT_S,
                                  check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual([stable(line) for line in done.stdout.splitlines()],
                         [stable(line) for line in shown.text.splitlines()])

    def test_json_is_json_and_flows_are_valid(self):
        for block in all_blocks():
            if block.language != "json" or block.mark == "skip":
                continue
            with self.subTest(block=str(block)):
                value = json.loads(block.text)
                if isinstance(value, dict) and "nodes" in value:
                    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
                        file.write(block.text)
                        file.flush()
                        pawl("validate", file.name, expect=None if block.mark == "invalid" else 0)

    def test_configurations_are_valid(self):
        for block in all_blocks():
            if block.language != "toml" or block.mark == "skip":
                continue
            with self.subTest(block=str(block)), tempfile.NamedTemporaryFile("w") as file:
                file.write(block.text)
                file.flush()
                pawl("--config", file.name, "config")

    def test_graphs_of_flows_are_as_the_program_draws_them(self):
        count = 0
        for page in sorted(markdown_files()):
            text, drawn = redrawn(page)
            with self.subTest(page=page):
                self.assertEqual(text, drawn, "draw it again: python3 tests/docs/draw_flows.py " + page)
            count += len(DRAWING.findall(text))
            marked = sum(b.mark == "graph" for b in blocks(os.path.join(ROOT, page), page))
            self.assertEqual(len(DRAWING.findall(text)), marked, f"{page}: a graph is not a block of Mermaid")
        self.assertGreater(count, 15)

    def test_links_have_targets(self):
        for name in markdown_files():
            with open(os.path.join(ROOT, name), encoding="utf-8") as file:
                text = re.sub(r"```.*?```", "", file.read(), flags=re.S)
            for link in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", text)):
                if re.match(r"[a-z]+:", link):
                    continue
                path, _, part = link.partition("#")
                target = os.path.normpath(os.path.join(ROOT, os.path.dirname(name), path)
                                          if path else os.path.join(ROOT, name))
                with self.subTest(file=name, link=link):
                    self.assertTrue(os.path.exists(target), "no such file")
                    if part and target.endswith(".md"):
                        self.assertIn(part, headings(target))


def headings(path):
    """The anchors of a file's headings."""
    with open(path, encoding="utf-8") as file:
        lines = re.findall(r"^#+ (.*)$", file.read(), flags=re.M)
    return [re.sub(r"[^\w\- ]", "", line.lower()).strip().replace(" ", "-") for line in lines]


if __name__ == "__main__":
    unittest.main()
