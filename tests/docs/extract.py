"""Writes a marked block of a Markdown file to a file: extract.py MARKDOWN NAME OUTPUT."""

import sys

from marked_blocks import blocks


def main(markdown, name, output):
    found = [block for block in blocks(markdown, markdown) if block.name == name]
    if len(found) != 1:
        sys.exit(f"{markdown} has {len(found)} blocks marked {name}; expected one")
    with open(output, "w", encoding="utf-8") as file:
        file.write(found[0].text)


if __name__ == "__main__":
    main(*sys.argv[1:])
