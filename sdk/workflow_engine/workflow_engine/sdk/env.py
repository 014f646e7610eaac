"""Import paths and settings."""

from pawl.legacy import get_apps_directory, get_config, get_project_root, setup_environment

__all__ = ["get_apps_directory", "get_config", "get_project_root", "setup_environment"]
