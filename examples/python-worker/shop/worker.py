"""All that is new: which function is behind which code_ref."""

import pawl

from . import functions

worker = pawl.Worker()  # PAWL_SERVER and PAWL_TOKEN say where the server is
worker.register("shop.loop", functions.loop)
worker.register("shop.delay", functions.delay)
worker.register("shop.process", functions.process)
worker.register("shop.notify", functions.notify)
worker.register("shop.error", functions.error)
