"""Draws the flows of pages again: `python3 tests/docs/draw_flows.py docs/patterns.md …`, with the program that
PAWL_TEST_PROGRAM names, or that of build/release.

A block marked `graph NAME` is what `pawl flows graph` writes for the block `file NAME` of the same page, or for
the file NAME of the repository. docs_test.py checks that the blocks are up to date.
"""

import os
import re
import sys
import tempfile

from marked_blocks import blocks

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "examples"))
from pawl_program import ROOT, pawl  # noqa: E402

DRAWING = re.compile(r"(<!-- test: graph ([\w./-]+) -->\n```mermaid\n)(.*?)(^```$)", re.M | re.S)


def draw(name, shown):
    """The graph of a flow. `shown`: the texts of the page's files by name."""
    if name not in shown:
        return pawl("flows", "graph", os.path.join(ROOT, name))
    with tempfile.TemporaryDirectory(prefix="pawl-docs-") as folder:
        path = os.path.join(folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(shown[name])
        return pawl("flows", "graph", path)


def redrawn(page):
    """The text of a page as it is, and with its flows drawn again."""
    path = os.path.join(ROOT, page)
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if not DRAWING.search(text):
        return text, text
    shown = {b.name: b.text for b in blocks(path, page) if b.mark == "file"}
    return text, DRAWING.sub(lambda found: found[1] + draw(found[2], shown) + found[4], text)


def main():
    for page in sys.argv[1:]:
        text, drawn = redrawn(page)
        if text != drawn:
            with open(os.path.join(ROOT, page), "w", encoding="utf-8") as file:
                file.write(drawn)
            print("drew", page)


if __name__ == "__main__":
    main()
