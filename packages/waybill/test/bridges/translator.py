# A worker as a team wrote it years ago: BLPOP, work, HSET. It has never heard of Waybill.
# Arguments: URL of Redis, list, how long the work takes (s), file that records what was done.
import json
import sys
import time

import redis

url, queue_name, seconds, effects = sys.argv[1], sys.argv[2], float(sys.argv[3]), sys.argv[4]
client = None


def set_job_status(job_id, **fields):
    client.hset(f"job:{job_id}", mapping=fields)
    client.expire(f"job:{job_id}", 86400)


def process_job(job):
    job_id = job["job_id"]
    set_job_status(job_id, status="processing", progress="0.25", progress_message="Reading")
    with open(effects, "a", encoding="utf-8") as file:
        file.write(f"began {job_id}\n")
    time.sleep(seconds)
    if job.get("target_lang") == "xx":
        set_job_status(job_id, status="failed", error_message="No such language.")
    else:
        set_job_status(job_id, status="completed", translated=job["text"].upper(), target_lang=job.get("target_lang", ""))


while True:
    try:
        if client is None:
            client = redis.Redis.from_url(url, decode_responses=True)
        result = client.blpop(queue_name, timeout=1)
        if result is None:
            continue
        _, job_json = result
        process_job(json.loads(job_json))
    except redis.exceptions.RedisError:
        client = None
        time.sleep(0.1)
