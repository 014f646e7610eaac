"""The import names of the previous Python engine, on top of pawl.legacy."""

from pawl.legacy import register_function

PAWL = True  # tells this package from the previous engine's

__version__ = "0.1.0"
__all__ = ["register_function"]
