"""Prints how large the patterns of docs/patterns.md are beside the same flows in the form of version 0.1.

`lines` are those of the JSON as written, both at the same width; `parts` are nodes and edges; `bytes` are those of
the compact JSON. Fails if a pattern is missing, or if the short form is not clearly shorter.
"""

import json
import os
import sys

from marked_blocks import blocks

HERE = os.path.dirname(os.path.abspath(__file__))
PAGE = os.path.join(HERE, "..", "..", "docs", "patterns.md")
FIRST = os.path.join(HERE, "patterns_in_edges.md")
# At most this share of the parts and of the lines.
PARTS, LINES = 0.5, 0.65


def sizes(text):
    flow = json.loads(text)
    return {
        "lines": len(text.splitlines()),
        "nodes": len(flow["nodes"]),
        "parts": len(flow["nodes"]) + len(flow.get("edges", [])),
        "bytes": len(json.dumps(flow, separators=(",", ":"), ensure_ascii=False).encode()),
    }


def patterns(path):
    return {b.name: sizes(b.text) for b in blocks(path, path) if b.mark == "file"}


def main():
    short, first = patterns(PAGE), patterns(FIRST)
    if short.keys() != first.keys() or len(short) != 11:
        sys.exit(f"the pages have different patterns: {sorted(short.keys() ^ first.keys())}")
    kinds = ["lines", "nodes", "parts", "bytes"]
    print("pattern".ljust(16) + "".join(f"{kind:>18}" for kind in kinds))
    total = {kind: (sum(s[kind] for s in short.values()), sum(f[kind] for f in first.values())) for kind in kinds}
    rows = [(name, {kind: (short[name][kind], first[name][kind]) for kind in kinds}) for name in short]
    for name, row in [*rows, ("all", total)]:
        print(name.ljust(16) + "".join(f"{f'{a} / {b} = {a / b:.2f}':>18}" for a, b in row.values()))
    for kind, most in (("parts", PARTS), ("lines", LINES)):
        share = total[kind][0] / total[kind][1]
        if share > most:
            sys.exit(f"the short form has {share:.2f} of the {kind} of 0.1's form; expected at most {most}")


if __name__ == "__main__":
    main()
