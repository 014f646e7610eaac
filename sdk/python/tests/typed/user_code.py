"""Code of a user of the package, with types. A test checks it with `mypy --strict`."""

import logging
from typing import Any, Dict, List, Optional

import pawl
from pawl import Client, Event, IllegalTransition, NotFound, PawlError, Run, StepError, Worker
from pawl.errors import LeaseLost, Overloaded
from pawl.worker import Step, current_step

worker = pawl.Worker("http://127.0.0.1:7717", queue="typed")


@worker.function("orders.charge")
def charge(state: Dict[str, Any], logger: logging.Logger, amount: int) -> Dict[str, Any]:
    logger.info("charging %s", amount)
    step: Optional[Step] = current_step()
    if amount < 0:
        raise StepError("bad_amount", "the amount is negative", retryable=False)
    return {"charged": amount, "key": step.idempotency_key if step else None}


def finish(client: Client, run_id: str) -> List[str]:
    kinds: List[str] = []
    event: Event
    for event in client.events(run_id):
        kinds.append(event.kind)
    return kinds


def status_of(client: Client, run_id: str) -> str:
    try:
        run: Run = client.run(run_id)
        return run.status
    except NotFound as error:
        return error.detail
    except (IllegalTransition, LeaseLost, Overloaded) as error:
        return str(error.status)
    except PawlError as error:
        return str(error)


def main() -> None:
    client = pawl.Client("http://127.0.0.1:7717")
    run = client.start("approval", {"total": 7}, key="o-19")
    client.signal(run.id, "approved", {"by": "bob"})
    print(finish(client, run.id), status_of(client, run.id))
    Worker(client, name="second").register("orders.charge", charge)


if __name__ == "__main__":
    main()
