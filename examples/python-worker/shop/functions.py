"""The app's functions."""

import time


def loop(state, logger, interrupt, limit=3):
    """Counts its rounds; the flow goes round until `more` is false."""
    count = state.get("count", 0) + 1
    logger.info(f"round {count} of {limit}")
    return {"count": count, "more": count < limit}


def delay(state, logger, interrupt, seconds=1.0):
    logger.info(f"waiting for {seconds} s")
    time.sleep(seconds)
    return {"waited": state.get("waited", 0) + seconds}


def process(state, logger, interrupt, **args):
    """Books an order; a large one is booked only once somebody has agreed."""
    total = state.get("total", 0)
    if total > args.get("ask_above", 1000):
        answer = interrupt({"question": f"Book {total}?"}, update={"asked": True})
        if not answer:
            return {"booked": False}
    logger.info(f"booked {total}")
    return {"booked": True}


def notify(state, logger, interrupt, channel="mail"):
    logger.info(f"telling by {channel}: booked is {state.get('booked')}")
    return {"notified": channel}


def error(state, logger, interrupt, message="something went wrong"):
    logger.error(message)
    raise RuntimeError(message)
