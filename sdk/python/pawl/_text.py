"""Texts of users in lines for people."""


def printable(text: str) -> str:
    """Returns a text that can neither control a terminal nor reorder a line: characters that are
    not printable become escapes such as `\\u202e`."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii")
                   for c in text)
