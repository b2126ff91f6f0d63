# Watches one job with Python's standard library alone: python3 watch.py URL. Prints each event and leaves at the job's end.
import json
import sys
import urllib.request

with urllib.request.urlopen(sys.argv[1]) as stream:
    event, data = "message", ""
    for line in stream:
        line = line.decode("utf-8").rstrip("\n")
        if line.startswith("event: "):
            event = line[7:]
        elif line.startswith("data: "):
            data = line[6:]
        elif line == "" and data:
            job = json.loads(data)
            print(event, job.get("status", ""), flush=True)
            if job.get("status") in ("completed", "failed", "cancelled"):
                break
            event, data = "message", ""
