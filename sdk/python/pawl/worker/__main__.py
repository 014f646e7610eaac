"""Runs a worker: `python -m pawl.worker module:worker`."""

import argparse
import importlib
import logging
import os
import sys
from typing import Any, List, Optional

from ..errors import PawlError
from . import Worker


def main(arguments: Optional[List[str]] = None) -> int:
    """Returns the exit code: 0 after a stop, 1 if the server refuses the worker, 2 for wrong
    usage."""
    parser = argparse.ArgumentParser(prog="python -m pawl.worker", description=__doc__)
    parser.add_argument("target", metavar="module:worker",
                        help="a pawl.Worker in a module, or a function that returns one")
    parser.add_argument("--log-level", default="INFO", metavar="LEVEL",
                        type=str.upper, choices=["DEBUG", "INFO", "WARNING", "ERROR"],
                        help="lowest level to show: DEBUG, INFO, WARNING or ERROR")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=options.log_level,
                        format="%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        worker = find(options.target)
    except LookupError as error:
        parser.error(str(error))
    try:
        worker.run()
    except (PawlError, ValueError) as error:
        print(f"pawl.worker: {error}", file=sys.stderr)
        return 1
    return 0


def find(target: str) -> Worker:
    """Imports "module:name"; the name defaults to "worker". Raises LookupError if the module or
    the worker does not exist."""
    name, _, attribute = target.partition(":")
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise  # the module exists; a module that it imports does not
        raise LookupError(f"no module named {error.name!r}") from None
    found: Any = getattr(module, attribute or "worker", None)
    if callable(found) and not isinstance(found, Worker):
        found = found()
    if not isinstance(found, Worker):
        raise LookupError(f"{target} is not a pawl.Worker: {found!r}")
    return found


if __name__ == "__main__":
    sys.exit(main())
