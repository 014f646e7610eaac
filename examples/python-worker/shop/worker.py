"""Maps each code_ref to its function."""

import pawl

from . import functions

worker = pawl.Worker()  # PAWL_SERVER and PAWL_TOKEN set the server and the API key
worker.register("shop.loop", functions.loop)
worker.register("shop.delay", functions.delay)
worker.register("shop.process", functions.process)
worker.register("shop.notify", functions.notify)
worker.register("shop.error", functions.error)
