"""Apps: folders with an `app.json` that names flows and where they are defined."""

import json
import logging
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Set

from ..client import Client
from ..errors import AlreadyExists
from ..models import Object, StoredFlow
from ._imports import (add_engine_alias, import_first, nodes_beside,
                       put_current_folder_last)
from ._models import for_pawl
from ._names import code_ref_of
from ._registry import get_registered_function

_log = logging.getLogger("pawl.legacy")
_VERSION = re.compile(r"\d+\.\d+\.\d+\Z")


class AppError(Exception):
    """An app that cannot be loaded: which, and why."""


@dataclass(frozen=True)
class AppFlow:
    """A flow of an app. `name` is what it is stored as, `version` only if Pawl can use it."""

    app: str
    name: str
    version: Optional[str]
    definition: Object

    def missing_functions(self) -> Set[str]:
        """Returns the functions that it calls and that are not registered here."""
        data = [node.get("data") or {} for node in self.definition.get("nodes", [])]
        names = {each["code_ref"] for each in data if "code_ref" in each}
        return {name for name in names if _is_old(name) and get_registered_function(name) is None}


def set_paths(apps: Path) -> None:
    """Puts the folder above the apps on the import path, and the one above that: apps import their
    modules from either (`apps.shop.flow`, `src_new.apps.shop.flow`). `src_new.workflow_engine` and
    `workflow_engine` become Pawl's package, even if the previous engine is still there. Raises
    ImportError if only the previous engine is."""
    put_current_folder_last()
    if not add_engine_alias(apps.parent.name):
        _log.info("the package workflow_engine is not installed: apps can import pawl.legacy only")
    for folder in (str(apps.parent), str(apps.parent.parent)):
        if folder not in sys.path:
            sys.path.append(folder)


def load_apps(apps: Path) -> "tuple[List[AppFlow], List[AppError]]":
    """Loads all apps of a folder, and the one that the folder itself may be. Returns their flows
    and what could not be loaded; their functions are registered afterwards."""
    flows: List[AppFlow] = []
    errors: List[AppError] = []
    files = sorted(apps.glob("*/app.json")) + sorted(apps.glob("app.json"))
    if not files:
        errors.append(AppError(f"{apps}: no app.json here, and none in the folders in it"))
    for file in files:
        try:
            configs = list(_flows_of(file))
        except AppError as error:
            errors.append(error)
            continue
        for name, config in configs:
            try:
                flows.append(_load(apps, file, name, config))
            except AppError as error:
                errors.append(error)
            except Exception as error:  # the code of an app may raise anything
                errors.append(AppError(f"{file}: flow {name}: {type(error).__name__}: {error}"))
    return flows, errors


def store(client: Client, flow: AppFlow) -> StoredFlow:
    """Stores and publishes a flow. If its version exists with another definition, it becomes the
    next version."""
    definition = for_pawl(flow.definition, flow.name, _is_old)
    if flow.version is not None:
        try:
            return client.create_flow(definition, version=flow.version, publish=True)
        except AlreadyExists:
            _log.info("flow %s has changed since version %s", flow.name, flow.version)
    return client.create_flow(definition, publish=True)


def _flows_of(file: Path) -> Iterator["tuple[str, Dict[str, Any]]"]:
    """Returns the flows of an app by name; an app with one flow has its `entry_point` itself."""
    try:
        app = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise AppError(f"{file}: {error}") from error
    if not isinstance(app, dict):
        raise AppError(f"{file}: an app is an object, not a {type(app).__name__}")
    flows = app.get("flows") or {}
    if not flows and app.get("entry_point"):
        flows = {app.get("default_flow_id") or app.get("flow_id") or app.get("app_id"): app}
    if not isinstance(flows, dict) or not flows:
        raise AppError(f'{file}: no flows; it needs "flows", or "flow_id" and "entry_point"')
    for key, config in flows.items():
        if not isinstance(config, dict):
            raise AppError(f"{file}: flow {key}: must be an object")
        yield str(config.get("flow_id") or key), config


def _load(apps: Path, file: Path, name: str, config: Dict[str, Any]) -> AppFlow:
    entry = config.get("entry_point")
    path, colon, function = entry.partition(":") if isinstance(entry, str) else ("", "", "")
    if not (path and colon and function):
        raise AppError(f'{file}: flow {name}: entry_point must be "module:function", not {entry!r}')
    names = _module_names(apps, file.parent, path)
    module = import_first(names)
    if module is None:
        raise AppError(f"{file}: flow {name}: no module {' or '.join(names)}")
    import_first(nodes_beside(module.__name__))
    make = getattr(module, function, None)
    if not callable(make):
        raise AppError(f"{file}: flow {name}: {module.__name__} has no function {function!r}")
    made = make()
    definition = made if isinstance(made, dict) else made.dict()
    version = config.get("version")
    usable = isinstance(version, str) and _VERSION.match(version) is not None
    return AppFlow(file.parent.name, name, version if usable else None, definition)


def _module_names(apps: Path, app: Path, path: str) -> List[str]:
    root = apps.parent.name
    beside = [apps.name, path] if app == apps else [apps.name, app.name, path]
    if path.startswith(f"{root}."):
        return [path]
    return [f"{root}.{path}", path, ".".join([root, *beside])]


def _is_old(code_ref: str) -> bool:
    """Whether a flow means a function of an app, not a built-in one of Pawl."""
    return not code_ref.startswith("core.") or get_registered_function(code_ref) is not None


def warn_of_missing(flow: AppFlow) -> None:
    """Logs which functions of a flow this process does not have."""
    missing = flow.missing_functions()
    if missing:
        _log.warning("flow %s calls functions that no app here registers: %s", flow.name,
                     ", ".join(sorted(f"{name} ({code_ref_of(name)})" if code_ref_of(name) != name
                                      else name for name in missing)))
