"""The import paths of a project of the previous engine."""

import os
import sys
from typing import Any, Dict

_SOURCES = "src_new"


def get_project_root() -> str:
    """Returns the folder of the project: WORKFLOW_PROJECT_ROOT, else the current folder."""
    return os.path.abspath(os.environ.get("WORKFLOW_PROJECT_ROOT") or os.getcwd())


def get_apps_directory() -> str:
    """Returns the folder of the apps: WORKFLOW_APPS_DIR, else src_new/apps; if it is relative, in
    the folder of the project."""
    return os.path.join(get_project_root(),
                        os.environ.get("WORKFLOW_APPS_DIR") or os.path.join(_SOURCES, "apps"))


def get_config() -> Dict[str, Any]:
    """Returns the settings that a worker has; the others are the server's (`pawl config`)."""
    return {"project": {"root": get_project_root(), "source_dir": _SOURCES},
            "apps": {"directory": get_apps_directory()}}


def setup_environment() -> None:
    """Puts the folder of the project and its sources on the import path."""
    root = get_project_root()
    for folder in (os.path.join(root, _SOURCES), root):
        if os.path.isdir(folder) and folder not in sys.path:
            sys.path.insert(0, folder)
