"""Names of flows and ids of runs that are allowed, and what could be taken apart, lost or shown
wrongly by those who pass them on. As tests/support/hostile_names.hpp."""

LONGEST = "\U0001f600" * 63 + "end"  # 255 bytes

NAMES = ["a/b", "a", "/", "a/../b", "../../etc/passwd", "%2F", "a%2Fb", "%", "a?b#c", " ", " a ",
         "a+b&c=d;e", "\"quoted\" 'name' \\", "<script>alert(1)</script>", "$(id)`id`", "a@1.0.0",
         "a~1.2.3", "...", "入库 流程", "\u00e9", "e\u0301", "\u05d0\u05d1\u202e gnp.exe", "\u2028",
         "\U0001f469\u200d\U0001f680", LONGEST]

# What no text of a program may have: it would move the cursor or reorder the line.
UNSAFE = "\x1b\x7f\u0085\u200e\u200f\u202e\u2028\u2066\ufeff"

REFUSED = ["", ".", "..", "a\u0000", "a\n", "\x1b[31m", "\x7f", "\u0085", LONGEST + "!"]
