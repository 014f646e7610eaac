"""Fenced blocks of Markdown files, and how to test them.

A line `<!-- test: WORD [NAME] -->` directly before a block says how it is tested. Without one, the
language of the block decides.
"""

import dataclasses
import re

MARK = re.compile(r"<!-- test: (\w+)(?: ([\w./-]+))? -->$")
FENCE = re.compile(r"```(\w*)$")


@dataclasses.dataclass
class Block:
    file: str
    line: int
    language: str
    mark: str   # "" for none
    name: str
    text: str

    def __str__(self):
        return f"{self.file}:{self.line}"


def blocks(path, name):
    """All blocks of a file. Messages call the file `name`."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    found, mark, at = [], ("", ""), 0
    while at < len(lines):
        begin = FENCE.match(lines[at])
        if begin:
            end = at + 1
            while end < len(lines) and lines[end] != "```":
                end += 1
            if end == len(lines):
                raise ValueError(f"{name}:{at + 1}: the block is not closed")
            text = "".join(line + "\n" for line in lines[at + 1:end])
            found.append(Block(name, at + 1, begin[1], *mark, text))
            at = end
        marked = MARK.match(lines[at])
        mark = (marked[1], marked[2] or "") if marked else ("", "")
        at += 1
    return found
