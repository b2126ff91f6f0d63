"""A caller of the tests: `caller.py URL TOKEN watch|result ID` or `submit TYPE INPUT`. States go to standard output, a line each."""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../../clients/python"))
from waybill import Client, JobCancelled, JobFailed  # noqa: E402

url, token, verb, *rest = sys.argv[1:]
client = Client(url, token)


def say(value) -> None:
    print(json.dumps(value), flush=True)


if verb == "submit":
    say(client.submit(rest[0], json.loads(rest[1]), queue="python", metadata={"from": "python"}))
elif verb == "watch":
    for state in client.watch(rest[0]):
        say([state["status"], state["progress"], state["rev"]])
elif verb == "cancel":
    say(client.cancel(rest[0], "enough")["cancel_requested_at"] is not None)
elif verb == "result":
    try:
        say(client.result(rest[0], timeout=20))
    except JobFailed as failed:
        say(failed.error)
    except JobCancelled as cancelled:
        say(str(cancelled))
