"""Parses text/event-stream as the HTML standard defines it."""

from dataclasses import dataclass
from typing import List, Optional


@dataclass(frozen=True)
class Frame:
    """One event of a stream. `id` is the frame's own id, or None."""

    kind: str
    data: str
    id: Optional[str]


class Parser:
    """Parses bytes, split anywhere, into frames. An incomplete frame is never returned.

    `last_id` is the id of the last frame returned, or of a frame with an id and no data. `blocks`
    is the number of blocks parsed, which includes frames without data and comments.
    """

    def __init__(self) -> None:
        self.last_id: Optional[str] = None
        self.blocks = 0
        self._rest = b""
        self._begun = False
        self._clear()

    def _clear(self) -> None:
        self._kind = ""
        self._data: List[str] = []
        self._id: Optional[str] = None

    def feed(self, part: bytes) -> List[Frame]:
        """Takes the next bytes and returns the frames that they complete."""
        self._rest += part
        if not self._begun and len(self._rest) >= 3:
            self._begun = True
            if self._rest.startswith(b"\xef\xbb\xbf"):
                self._rest = self._rest[3:]
        frames = []
        for line in self._lines():
            frame = self._take(line)
            if frame is not None:
                frames.append(frame)
        return frames

    def _lines(self) -> List[str]:
        """Removes the complete lines; a last line without its end stays."""
        pieces = self._rest.splitlines(keepends=True)
        if pieces and not (pieces[-1].endswith(b"\n")):
            self._rest = pieces.pop()
        else:
            self._rest = b""
        return [piece.rstrip(b"\r\n").decode("utf-8", "replace") for piece in pieces]

    def _take(self, line: str) -> Optional[Frame]:
        if not line:
            return self._finish()
        name, _, value = line.partition(":")
        value = value[1:] if value.startswith(" ") else value
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._kind = value
        elif name == "id" and "\0" not in value:
            self._id = value
        return None

    def _finish(self) -> Optional[Frame]:
        frame = None
        self.blocks += 1
        if self._id is not None:
            self.last_id = self._id
        if self._data:
            frame = Frame(self._kind or "message", "\n".join(self._data), self._id)
        self._clear()
        return frame
