"""Workers: Python functions as steps of flows. `python -m pawl.worker module:worker` runs one."""

from ._step import Step as Step
from ._step import StepError as StepError
from ._step import current_step as current_step
from ._worker import Worker as Worker
