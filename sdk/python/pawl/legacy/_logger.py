"""The `logger` of the old calling convention."""

import logging
from typing import Any, Dict, Optional

from ..worker._log import StepLogger, with_context

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING,
           "error": logging.ERROR, "critical": logging.ERROR}


class WorkflowLogger:
    """Logs for a run: `info`, `warning`, `error` and `debug`, each with a message and optionally
    the node and a context, a dict.

    The run's log has the context and another `node_id` in places of their own. Outside of a step
    they are in the message.
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
        about = None if node_id in (None, self._node) else str(node_id)
        if isinstance(self.logger, StepLogger):
            self.logger.log(number, "%s", message, extra={"about": about, "context": context})
        else:
            self.logger.log(number, "%s", with_context(str(message), about, context))

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
