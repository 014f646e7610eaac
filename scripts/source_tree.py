"""The C++ files of a source tree and their includes, for scripts/check_includes and check_headers."""

import os
import re

FOLDERS = ("include", "base", "config", "flow", "functions", "persistence", "actors", "runtime",
           "server", "bench", "cli", "tests", "examples")

_INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


class Include:
    """One #include line. `path` is as written; `target` is our file that it names, or None."""

    def __init__(self, line, quoted, path, target):
        self.line, self.quoted, self.path, self.target = line, quoted, path, target


def files(root, suffixes=(".hpp", ".cpp")):
    """Sorted paths of all sources, relative to `root`, with / between folders."""
    found = []
    for folder in FOLDERS:
        for where, folders, names in os.walk(os.path.join(root, folder)):
            folders[:] = [name for name in folders if not name.startswith(".")]
            for name in names:
                if name.endswith(suffixes):
                    found.append(os.path.relpath(os.path.join(where, name), root))
    return sorted(path.replace(os.sep, "/") for path in found)


def resolve(root, path):
    """Our file that an include path names, from the root or from include/; or None."""
    for candidate in (path, "include/" + path):
        if os.path.isfile(os.path.join(root, candidate)):
            return candidate
    return None


def includes(root, path):
    """All includes of a file, in order. Lines inside /* */ comments count, too."""
    result = []
    with open(os.path.join(root, path), encoding="utf-8") as source:
        for number, line in enumerate(source, 1):
            match = _INCLUDE.match(line)
            if match:
                name = match.group(2)
                result.append(Include(number, match.group(1) == '"', name, resolve(root, name)))
    return result
