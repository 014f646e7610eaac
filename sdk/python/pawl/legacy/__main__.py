"""Stores the flows of the previous engine's apps and runs their functions.

`python -m pawl.legacy APPS_DIR` loads each APPS_DIR/APP/app.json, stores and publishes its flows,
and works until SIGTERM or Ctrl-C. PAWL_TOKEN has the API key.
"""

import argparse
import logging
import sys
from pathlib import Path
from typing import List, Optional

from .._text import printable
from ..client import Client
from ..errors import PawlError
from ..worker import Worker
from ._apps import load_apps, set_paths, store, warn_of_missing
from ._env import get_apps_directory
from ._function import add_to


def main(arguments: Optional[List[str]] = None) -> int:
    """Returns the exit code: 0 after a stop, 1 if an app or the server is in the way, 2 for wrong
    usage."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=options.log_level,
                        format="%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    apps = Path(options.apps or get_apps_directory()).resolve()
    if not apps.is_dir():
        return _refuse(f"{apps}: no such folder")
    try:
        set_paths(apps)
    except ImportError as why:
        return _refuse(str(why))
    flows, errors = load_apps(apps)
    for error in errors:
        _refuse(str(error))
    if errors and not (options.skip_broken and flows):
        return _refuse(f"{len(errors)} of the apps or flows cannot be loaded; --skip-broken goes "
                       "on with the others" if flows else "there is nothing to do")
    try:
        client = Client(options.server)
        for flow in flows:
            warn_of_missing(flow)
            if not options.no_flows:
                stored = store(client, flow)
                print(printable(f"pawl.legacy: flow {stored.name}, version {stored.version}, of "
                                f"the app {flow.app}"), flush=True)
        worker = Worker(client, options.queue, options.threads, log_level=logging.DEBUG)
        add_to(worker)
        worker.run()
    except (PawlError, ValueError) as why:
        return _refuse(str(why))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m pawl.legacy", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("apps", metavar="APPS_DIR", nargs="?",
                        help="default: WORKFLOW_APPS_DIR, else src_new/apps")
    parser.add_argument("--server", metavar="URL",
                        help="default: PAWL_SERVER, else http://127.0.0.1:7717")
    parser.add_argument("--queue", default="default", help="task queue to poll")
    parser.add_argument("--threads", type=int, default=8, metavar="N",
                        help="maximum number of functions running at once; default: 8")
    parser.add_argument("--no-flows", action="store_true",
                        help="run the functions, but store no flows")
    parser.add_argument("--skip-broken", action="store_true",
                        help="go on without the flows that cannot be loaded")
    parser.add_argument("--log-level", default="INFO", metavar="LEVEL", type=str.upper,
                        choices=["DEBUG", "INFO", "WARNING", "ERROR"],
                        help="lowest level to show: DEBUG, INFO, WARNING or ERROR")
    return parser


def _refuse(why: str) -> int:
    print(f"pawl.legacy: {why}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
