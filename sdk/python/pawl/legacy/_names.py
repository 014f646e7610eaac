"""Names of the previous engine as code_refs of Pawl."""

import re

from ..worker._functions import check_name

_PREFIX = "text."
_SAFE = re.compile(rb"[A-Za-z0-9_]")


def code_ref_of(name: str) -> str:
    """Returns the code_ref of a function.

    The previous engine allowed any text. A name that Pawl allows stays as it is; any other becomes
    `text.` and its UTF-8 with `-2f` for a byte that is no letter, digit or `_`: "a/b" is
    `text.a-2fb`. Raises ValueError for a name that is not a text, empty, or too long.
    """
    if not isinstance(name, str) or not name:
        raise ValueError(f"invalid function name {name!r}: use a text")
    try:
        check_name(name)
        return name
    except ValueError:
        pass
    code_ref = _PREFIX + "".join(chr(byte) if _SAFE.match(bytes([byte])) else f"-{byte:02x}"
                                 for byte in name.encode("utf-8"))
    check_name(code_ref)
    return code_ref
