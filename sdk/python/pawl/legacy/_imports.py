"""Import paths: how apps of the previous engine name their modules and the engine."""

import importlib
import importlib.util
import os
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Iterable, List, Optional

ENGINE = "workflow_engine"


class Alias(MetaPathFinder, Loader):
    """Finds a package and its modules under another name: both names are the same modules, so
    that there is one registry."""

    def __init__(self, alias: str, package: str) -> None:
        self._alias, self._package = alias, package

    def find_spec(self, fullname: str, path: Any = None,
                  target: Optional[ModuleType] = None) -> Optional[ModuleSpec]:
        if fullname == self._alias or fullname.startswith(self._alias + "."):
            return ModuleSpec(fullname, self)
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(self._package + spec.name[len(self._alias):])
        self._own_spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._own_spec  # the import has put the alias's there


def add_engine_alias(root: str) -> bool:
    """Makes `import ROOT.workflow_engine` import the package `workflow_engine` of Pawl. Returns
    False if there is none; raises ImportError if there is only the previous engine's. Call it
    before the folders of apps are on the import path."""
    if importlib.util.find_spec(ENGINE) is None:
        return False
    try:
        found: Any = importlib.import_module(ENGINE)
    except Exception as error:  # of the previous engine, which may lack what it needs
        found = error
    if not hasattr(found, "PAWL"):
        raise ImportError(f"the import path has the previous engine's {ENGINE}, not Pawl's; "
                          "install sdk/workflow_engine into an environment without the previous "
                          "engine")
    sys.meta_path.insert(0, Alias(f"{root}.{ENGINE}", ENGINE))
    return True


def put_current_folder_last() -> None:
    """Lets installed packages win over the current folder, which `python -m` puts first and which
    may have the sources of the previous engine."""
    here = os.getcwd()
    sys.path[:] = [folder for folder in sys.path if folder not in ("", here)] + [here]


def import_first(names: Iterable[str]) -> Optional[ModuleType]:
    """Imports the first of the modules that exists, or returns None. An error within a module is
    raised."""
    for name in names:
        if _exists(name):
            return importlib.import_module(name)
    return None


def nodes_beside(module: str) -> List[str]:
    """Returns where the functions of a flow may be, whose definition is in `module`."""
    package = module.rpartition(".")[0]
    return [".".join(filter(None, (folder, "nodes")))
            for folder in (package, package.rpartition(".")[0])]


def _exists(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError as error:
        if error.name is not None and f"{name}.".startswith(f"{error.name}."):
            return False  # a package above it does not exist
        raise
