"""The registry of functions."""

from pawl.legacy import (get_registered_function, list_registered_functions, register_function)

__all__ = ["get_registered_function", "list_registered_functions", "register_function"]
