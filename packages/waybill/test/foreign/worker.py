"""A worker of the tests: `worker.py URL TOKEN EFFECTS [LEASE_MS]`. What it does goes to a file that survives every death."""
import logging
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../../clients/python"))
from waybill import Client, NonRetryableError, Stopped, UserError, Worker  # noqa: E402

url, token, effects = sys.argv[1:4]
lease_ms = int(sys.argv[4]) if len(sys.argv) > 4 else 15_000
logging.basicConfig(stream=sys.stderr)
worker = Worker(Client(url, token), queues=["python"], concurrency=4, lease_ms=lease_ms, grace=1.0)


def effect(line: str) -> None:
    with open(effects, "a", encoding="utf-8") as file:
        file.write(f"{os.getpid()} {line}\n")


@worker.job("py.sum")
def add(ctx):
    ctx.progress(0.5, "Adding", stage="adding", done=1, total=2)
    ctx.log("halfway", owner=True, at=1)
    return {"sum": sum(ctx.input["numbers"]), "attempt": ctx.attempt}


@worker.job("py.patient")
def patient(ctx):
    effect(f"began {ctx.job_id}")
    try:
        ctx.sleep(ctx.input["s"])
    except Stopped as stopped:
        effect(f"stopped {ctx.job_id} {stopped.reason}")
        raise
    effect(f"ended {ctx.job_id}")
    return {"pid": os.getpid()}


@worker.job("py.deaf")
def deaf(ctx):
    import time

    effect(f"began {ctx.job_id}")
    time.sleep(ctx.input["s"])
    effect(f"ended {ctx.job_id}")
    return {"pid": os.getpid()}


@worker.job("py.steps")
def steps(ctx):
    def read():
        effect("read")
        return {"pages": 3}

    pages = ctx.step("read all", read)["pages"]
    if ctx.attempt == 1:
        raise RuntimeError("secret: the first attempt fails")
    return pages


@worker.job("py.fail")
def fail(ctx):
    how = ctx.input
    if how == "user":
        raise UserError("no_scenes", "The script has no scenes.")
    if how == "never":
        raise NonRetryableError("pointless")
    if how == "large":
        return "x" * 300_000
    if how == "set":
        return {1, 2}
    raise SystemExit("out")


effect("ready")
worker.run()
effect("over")
