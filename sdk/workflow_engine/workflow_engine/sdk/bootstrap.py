"""Import paths."""

from pawl.legacy import get_project_root, setup_environment

__all__ = ["get_project_root", "setup_environment"]
