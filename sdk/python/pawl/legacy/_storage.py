"""The storage of the previous engine: on Pawl it is the server's."""

import logging
from typing import Any, NoReturn, Optional

_log = logging.getLogger("pawl.legacy")
_SCHEMES = ("http://", "https://", "unix:")


class DatabaseManager:
    """Says which server has the runs, for `WorkflowControl(DatabaseManager())`.

    place: the URL of a server; default: PAWL_SERVER. The path of a database, as before, is ignored
    with a warning. It has no sessions and no queries: use pawl.Client.
    """

    def __init__(self, place: Any = None) -> None:
        is_url = isinstance(place, str) and place.startswith(_SCHEMES)
        self.url: Optional[str] = place if is_url else None
        if place is not None and not is_url:
            _log.warning("the database %s is not used: the runs are on the server", place)

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"DatabaseManager has no {name}: the runs are on the server; use "
                             "WorkflowControl or pawl.Client")
