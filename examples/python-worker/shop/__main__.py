"""Stores the flows, starts a worker, and runs each flow once: `python3 -m shop`."""

import json
import pathlib
import sys
import time

import pawl

from .worker import worker


def store(client):
    """Stores the flows of the app; storing the same flow again changes nothing."""
    for path in sorted(pathlib.Path(__file__).parent.glob("flows/*.json")):
        stored = client.create_flow(json.loads(path.read_text("utf-8")), publish=True)
        print(f"stored {stored.name}, version {stored.version}")


def follow(client, flow, data, answer=True):
    """Runs a flow, answers its questions, prints its logs, and returns the finished run."""
    run = client.run(client.start(flow, data).id, wait=1)
    while not run.finished:
        for waiting in run.waiting_on:
            if waiting.kind == "answer":
                print(f"{run.id} asks {waiting.question}, the answer is {answer}")
                client.answer(run.id, answer, question=waiting.name)
        time.sleep(0.1)
        run = client.run(run.id, wait=1)
    for line in client.logs(run.id):
        print(f"{run.id} {line.node}: {line.message.splitlines()[0]}")
    print(f"{run.id} of {flow!r} is {run.status}: {run.error or run.data}")
    return run


def main():
    client = worker.client
    store(client)
    with worker:
        follow(client, "Rounds with a delay", {})
        follow(client, "Order with a question", {"total": 20})
        follow(client, "Order with a question", {"total": 5000})
        follow(client, "Order with a question", {})  # fails, as expected


if __name__ == "__main__":
    try:
        main()
    except pawl.PawlError as error:
        sys.exit(str(error))
