"""The `logger` of the old calling convention."""

import json
import logging
from typing import Any, Dict, Optional

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING,
           "error": logging.ERROR, "critical": logging.ERROR}


class WorkflowLogger:
    """Logs for a run: `info`, `warning`, `error` and `debug`, each with a message and optionally
    the node and a context, a dict.

    The server's log has the node of the step. Another `node_id` is put in front of the message,
    and the context as JSON behind it.
    """

    def __init__(self, thread_id: str, logger: Optional[logging.Logger] = None,
                 node: Optional[str] = None) -> None:
        self.thread_id = thread_id
        self.logger = logger or logging.getLogger(f"workflow.{thread_id}")
        self._node = node

    def log(self, level: str, message: Any, node_id: Optional[str] = None,
            context: Optional[Dict[str, Any]] = None) -> None:
        """Logs with a level by its name. Raises ValueError for an unknown one."""
        number = _LEVELS.get(str(level).lower())
        if number is None:
            raise ValueError(f"unknown log level {level!r}; use one of {', '.join(_LEVELS)}")
        text = str(message) if node_id in (None, self._node) else f"{node_id}: {message}"
        if context:
            text += " " + json.dumps(context, ensure_ascii=False, default=str)
        self.logger.log(number, "%s", text)

    def debug(self, message: Any, node_id: Optional[str] = None,
              context: Optional[Dict[str, Any]] = None) -> None:
        self.log("debug", message, node_id, context)

    def info(self, message: Any, node_id: Optional[str] = None,
             context: Optional[Dict[str, Any]] = None) -> None:
        self.log("info", message, node_id, context)

    def warning(self, message: Any, node_id: Optional[str] = None,
                context: Optional[Dict[str, Any]] = None) -> None:
        self.log("warning", message, node_id, context)

    def error(self, message: Any, node_id: Optional[str] = None,
              context: Optional[Dict[str, Any]] = None) -> None:
        self.log("error", message, node_id, context)


def get_logger(name: str) -> logging.Logger:
    """Returns the logger of a module."""
    return logging.getLogger(name)
