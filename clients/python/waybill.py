"""Waybill for Python: submit jobs and watch them, or run them. One file, the standard library alone, Python 3.9 or later.

Submit and watch::

    client = Client("http://127.0.0.1:8012", token="wbk_…")
    job = client.submit("video.generate", {"script": "x"})
    for state in client.watch(job["job_id"]):
        print(state["status"], state["progress"])

Work::

    worker = Worker(client, queues=["videos"], concurrency=4)

    @worker.job("video.generate")
    def generate(ctx):
        script = ctx.step("analyze", lambda: analyze(ctx.input))
        ctx.progress(0.5, "Rendering")
        ctx.check()          # raises Stopped when somebody cancelled, time is up, or the lease is lost
        return {"url": "…"}

    worker.run()             # until SIGTERM or SIGINT; jobs that still run then go back unharmed
"""

from __future__ import annotations

import http.client
import json
import logging
import os
import random
import signal
import socket
import threading
import time
import traceback
import uuid
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple, TypeVar, Union
from urllib.parse import quote, urlsplit

__all__ = [
    "Client", "Worker", "Context", "UserError", "NonRetryableError", "Stopped",
    "WaybillError", "JobFailed", "JobCancelled", "WaitTimeout",
]

Json = Any
Job = Dict[str, Any]
T = TypeVar("T")

_log = logging.getLogger("waybill")
_ENDS = ("completed", "failed", "cancelled")
_NETWORK = (OSError, http.client.HTTPException)
_LONG_POLL_S = 25
_BEAT_S = 2.0  # a cancel is heard of so soon, however long the lease
_SILENCE_S = 40.0  # a stream says something every 15 s; this long without a word, it is dead


class WaybillError(Exception):
    """What the server refused, and why: a stable `code`, the HTTP `status`, and a sentence that says what to do."""

    def __init__(self, status: int, code: str, detail: str, retry_after: Optional[float] = None) -> None:
        super().__init__(f"{code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.retry_after = retry_after


class JobFailed(Exception):
    """The job ended in failure; `error` is what its owner may know."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.error: Dict[str, Any] = job.get("error") or {}
        super().__init__(f"job {job['job_id']} failed: {self.error.get('code')}: {self.error.get('message')}")


class JobCancelled(Exception):
    """The job was cancelled."""

    def __init__(self, job: Job) -> None:
        self.job = job
        super().__init__(f"job {job['job_id']} was cancelled: {job.get('cancel_reason')}")


class WaitTimeout(Exception):
    """The job had not ended in time. It goes on."""


class UserError(Exception):
    """Raise it in a handler to tell the job's owner what went wrong: code and message are shown as they are.
    Not retried unless `retryable`, since trying again seldom cures an owner's mistake."""

    def __init__(self, code: str, message: str, retryable: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.retryable = retryable


class NonRetryableError(Exception):
    """Raise it in a handler when another attempt would be pointless; the owner sees only that the job failed."""


class Stopped(Exception):
    """The attempt must end; let it pass through your handler. `reason`: cancel, timeout, shutdown or lease_lost."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


# ── the wire ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Http:
    """One request at a time on a connection of its own; what travels is JSON."""

    def __init__(self, url: str, token: Union[str, Callable[[], str], None], timeout: float) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"expected an http(s) URL such as http://127.0.0.1:8012, got {url!r}")
        self._secure = parts.scheme == "https"
        self._host = parts.hostname
        self._port = parts.port
        self.base = parts.path.rstrip("/") or "/api/v1"
        self._token = token
        self.timeout = timeout

    def connect(self, timeout: float) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        return kind(self._host, self._port, timeout=timeout)

    def headers(self, more: Optional[Dict[str, str]] = None) -> Dict[str, str]:
        token = self._token() if callable(self._token) else self._token
        auth = {"Authorization": f"Bearer {token}"} if token else {}
        return {"Accept": "application/json", **auth, **(more or {})}

    def ask(self, method: str, path: str, body: Json = None, headers: Optional[Dict[str, str]] = None,
            timeout: Optional[float] = None,
            opened: Optional[Callable[[http.client.HTTPConnection], None]] = None) -> Tuple[int, Json, Dict[str, str]]:
        """Raises WaybillError for a refusal, OSError or HTTPException when the network fails."""
        connection = self.connect(timeout or self.timeout)
        try:
            if opened:
                opened(connection)
            data = None if body is None else json.dumps(body, allow_nan=False).encode()
            more = {**(headers or {}), **({} if data is None else {"Content-Type": "application/json"})}
            connection.request(method, self.base + path, body=data, headers=self.headers(more))
            response = connection.getresponse()
            text = response.read()
            if response.status >= 400:
                raise _refusal(response.status, text, response.getheader("Retry-After"))
            return response.status, json.loads(text) if text else None, dict(response.getheaders())
        finally:
            connection.close()


def _refusal(status: int, text: bytes, retry_after: Optional[str]) -> WaybillError:
    try:
        problem = json.loads(text)
        code, detail = str(problem["code"]), str(problem["detail"])
    except (ValueError, KeyError, TypeError):  # not ours: a proxy, perhaps
        code, detail = "http_error", f"HTTP {status}: {text[:200]!r}"
    return WaybillError(status, code, detail, float(retry_after) if retry_after and retry_after.isdigit() else None)


def _passes(error: Exception) -> bool:
    """Another try may cure it."""
    if isinstance(error, WaybillError):
        return error.status in (429, 500, 502, 503, 504)
    return isinstance(error, _NETWORK)


def _backoffs(longest: float = 5.0) -> Iterator[float]:
    wait = 0.1
    while True:
        yield wait * random.uniform(0.5, 1.0)
        wait = min(longest, wait * 2)


def _clean(text: str, most: int) -> str:
    return text[:most].replace("\0", "").encode("utf-8", "replace").decode()


# ── submit and watch ──────────────────────────────────────────────────────────────────────────────────────────────────


class Client:
    """Submits jobs, waits for them, watches and cancels them. Safe to share between threads.

    `url`: the server's, with the API's path if it is not /api/v1. `token`: an API key or token, or a function that
    gives a fresh one. `timeout`: seconds for one request. `retry_for`: seconds for which a call is tried again while
    the network or the store is away."""

    def __init__(self, url: str, token: Union[str, Callable[[], str], None] = None, *, timeout: float = 30.0,
                 retry_for: float = 30.0) -> None:
        self._http = _Http(url, token, timeout)
        self._retry_for = retry_for

    def submit(self, type: str, input: Json = None, *, idempotency_key: Optional[str] = None, **members: Json) -> Job:
        """Stores a job and answers it; durable when this returns. `members` are those of POST /jobs: queue, priority,
        delay_ms, timeout_ms, retry, subject, title, user_id, tags, metadata, … Safe to try again: without a key of
        yours it sends one of its own."""
        key = idempotency_key or f"py-{uuid.uuid4()}"
        return self._call("POST", "/jobs", {"type": type, "input": input, **members}, {"Idempotency-Key": key})

    def get(self, job_id: str) -> Job:
        """The job as it is. Raises WaybillError with status 404 or 410 when it is not there (any more)."""
        return self._call("GET", _path(job_id))

    def cancel(self, job_id: str, reason: Optional[str] = None, *, force: bool = False) -> Job:
        """Cancels a job that waits; asks a running one to stop (`force` takes it away at once)."""
        body = {**({"reason": reason} if reason else {}), **({"mode": "force"} if force else {})}
        return self._call("POST", f"{_path(job_id)}/cancel", body)

    def wait(self, job_id: str, timeout: Optional[float] = None) -> Job:
        """The job once it has ended. Raises WaitTimeout after `timeout` seconds (default: never)."""
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            left = _LONG_POLL_S if end is None else min(_LONG_POLL_S, max(0, end - time.monotonic()))
            job = self._call("GET", f"{_path(job_id)}?wait={int(left)}&for=end", timeout=left + 15)
            if job["status"] in _ENDS:
                return job
            if end is not None and time.monotonic() >= end:
                raise WaitTimeout(f"job {job_id} had not ended after {timeout} s; it goes on")
            if left < 1:
                time.sleep(max(0.05, min(left, 0.5)))

    def result(self, job_id: str, timeout: Optional[float] = None) -> Json:
        """What the job returned, once it has ended. Raises JobFailed, JobCancelled or WaitTimeout."""
        job = self.wait(job_id, timeout)
        if job["status"] == "failed":
            raise JobFailed(job)
        if job["status"] == "cancelled":
            raise JobCancelled(job)
        return job["result"]

    def watch(self, job_id: str) -> Iterator[Job]:
        """Every state of the job as it comes, the present one first, the end last. Follows an event stream, goes on
        where it was cut, and polls where no stream gets through. A cut connection is never taken for an end."""
        seen: Job = {}
        last_id: Optional[str] = None
        backoff = _backoffs()
        streams_fail = 0
        while seen.get("status") not in _ENDS:
            try:
                if streams_fail < 2:
                    for event_id, news in self._stream(job_id, last_id):
                        last_id, streams_fail, backoff = event_id or last_id, 0, _backoffs()
                        if news.get("rev", 0) > seen.get("rev", 0):
                            seen = {**seen, **news}
                            yield dict(seen)
                            if seen.get("status") in _ENDS:
                                return
                    streams_fail += 1  # ended without an end: at once again, the first time
                else:
                    streams_fail = 0  # one poll, then streams have another chance
                    query = f"?wait={_LONG_POLL_S}&for=change" if seen else ""
                    tag = {"If-None-Match": f'"{seen["rev"]}-owner"'} if seen else {}
                    job = self._poll(job_id, query, tag)
                    if job and job["rev"] > seen.get("rev", 0):
                        seen = job
                        yield dict(seen)
            except (WaybillError, *_NETWORK) as error:
                if not _passes(error) and not (isinstance(error, WaybillError) and error.status in (406, 415)):
                    raise
                streams_fail += 1
                time.sleep(next(backoff))

    def _poll(self, job_id: str, query: str, tag: Dict[str, str]) -> Optional[Job]:
        _, job, _headers = self._http.ask("GET", _path(job_id) + query, headers=tag, timeout=_LONG_POLL_S + 15)
        return job

    def _stream(self, job_id: str, last_id: Optional[str]) -> Iterator[Tuple[Optional[str], Job]]:
        connection = self._http.connect(_SILENCE_S)
        try:
            more = {"Accept": "text/event-stream", **({"Last-Event-ID": last_id} if last_id else {})}
            connection.request("GET", f"{self._http.base}{_path(job_id)}/events", headers=self._http.headers(more))
            response = connection.getresponse()
            if response.status >= 400:
                raise _refusal(response.status, response.read(), response.getheader("Retry-After"))
            for event, event_id, data in _events(response):
                if event in ("job", "progress"):
                    yield event_id, json.loads(data)
                elif event == "gone":
                    raise WaybillError(410, "job_expired", "the job has been removed")
                elif event == "bye":
                    return
        finally:
            connection.close()

    def _call(self, method: str, path: str, body: Json = None, headers: Optional[Dict[str, str]] = None,
              timeout: Optional[float] = None) -> Job:
        end = time.monotonic() + self._retry_for
        for wait in _backoffs():
            try:
                return self._http.ask(method, path, body, headers, timeout)[1]
            except (WaybillError, *_NETWORK) as error:
                pause = max(wait, getattr(error, "retry_after", None) or 0)
                if not _passes(error) or time.monotonic() + pause > end:
                    raise
                time.sleep(pause)
        raise AssertionError("unreachable")


def _path(job_id: str) -> str:
    return f"/jobs/{quote(job_id, safe='')}"


def _events(response: http.client.HTTPResponse) -> Iterator[Tuple[str, Optional[str], str]]:
    """The events of a stream: name, id, data (WHATWG HTML, server-sent events)."""
    name, event_id, data = "message", None, []  # type: Tuple[str, Optional[str], List[str]]
    while True:
        raw = response.readline()
        if not raw:
            return
        line = raw.decode("utf-8", "replace").rstrip("\r\n")
        if line == "":
            if data:
                yield name, event_id, "\n".join(data)
            name, data = "message", []
            continue
        field, _, value = line.partition(":")
        value = value[1:] if value.startswith(" ") else value
        if field == "event":
            name = value
        elif field == "id":
            event_id = value
        elif field == "data":
            data.append(value)


# ── work ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Context:
    """What a handler is given: the job, its input, and ways to say how far it is."""

    def __init__(self, worker: "Worker", leased: Dict[str, Any]) -> None:
        self._worker = worker
        self._lease: str = leased["lease"]
        self._steps: Dict[str, Json] = {step["key"]: step["result"] for step in leased["steps"]}
        self._news: Dict[str, Json] = {}
        self._lines: List[Dict[str, Json]] = []
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._settled = False
        self._begun = time.monotonic()
        self.job: Job = leased["job"]
        #: The input that the job was submitted with.
        self.input: Json = self.job["input"]
        #: Why the attempt must end: cancel, timeout, shutdown or lease_lost; None while it may go on.
        self.stop_reason: Optional[str] = None
        #: True once the soft time limit has passed: wind up.
        self.soft_timeout = False

    @property
    def job_id(self) -> str:
        return self.job["job_id"]

    @property
    def attempt(self) -> int:
        """1 is the first."""
        return self.job["attempt"]

    @property
    def stopped(self) -> bool:
        """True when the attempt must end; `stop_reason` says why."""
        return self._stop.is_set()

    def check(self) -> None:
        """Raises Stopped when the attempt must end."""
        if self.stop_reason:
            raise Stopped(self.stop_reason)

    def sleep(self, seconds: float) -> None:
        """Sleeps, but not longer than the attempt may go on: then raises Stopped."""
        self._stop.wait(seconds)
        self.check()

    def progress(self, fraction: Optional[float] = None, message: Optional[str] = None, *,
                 stage: Optional[str] = None, done: Optional[float] = None, total: Optional[float] = None,
                 unit: Optional[str] = None) -> None:
        """Says how far the job is. Returns at once; sent at most five times a second, the last always before the end.
        `fraction` 0…1 never falls within an attempt."""
        news: Dict[str, Json] = {}
        if fraction is not None and fraction == fraction:
            news["progress"] = min(1.0, max(0.0, float(fraction)))
        if message is not None:
            news["progress_message"] = _clean(str(message), 500)
        if stage is not None:
            news["stage"] = _clean(str(stage), 200)
        if done is not None:
            news["counts"] = {"done": done, "total": total, "unit": unit}
        with self._lock:
            self._news.update(news)
        self._worker._wake()

    def log(self, message: str, *, level: str = "info", owner: bool = False, **fields: Json) -> None:
        """A line kept with the job; operators see it, its owner too with `owner=True`. `level`: debug, info, warn, error."""
        line: Dict[str, Json] = {"level": level, "message": _clean(str(message), 2_000)}
        if fields:
            text = json.dumps(fields, default=str)
            line["fields"] = json.loads(text) if len(text) <= 2_000 else {"truncated": text[:1_000]}
        if owner:
            line["audience"] = "owner"
        with self._lock:
            self._lines.append(line)
        self._worker._wake()

    def step(self, key: str, work: Callable[[], T]) -> T:
        """Runs `work` once and keeps its result (JSON): a later attempt gets the kept result instead."""
        if key in self._steps:
            return self._steps[key]
        self.check()
        begun = time.monotonic()
        result = work()
        body = {"result": result, "took_ms": int((time.monotonic() - begun) * 1_000)}
        self._worker._insist(self, "PUT", f"steps/{quote(key, safe='')}", body)
        self._steps[key] = json.loads(json.dumps(result))
        return self._steps[key]

    def _stop_for(self, reason: str) -> None:
        self.stop_reason = self.stop_reason or reason
        if reason == "lease_lost":
            self.stop_reason = reason
        self._stop.set()

    def _take_news(self) -> Dict[str, Json]:
        with self._lock:
            news, self._news = self._news, {}
            return news

    def _put_back(self, news: Dict[str, Json]) -> None:
        with self._lock:
            self._news = {**news, **self._news}

    def _take_lines(self) -> List[Dict[str, Json]]:
        with self._lock:
            lines, self._lines = self._lines[:1_000], self._lines[1_000:]
            return lines

    def _put_lines_back(self, lines: List[Dict[str, Json]]) -> None:
        with self._lock:
            self._lines = (lines + self._lines)[-10_000:]


Handler = Callable[[Context], Json]


class Worker:
    """Runs jobs of the types it has handlers for, a thread a job.

    `client`: where to work; its token needs the scope work or work:<queue>. `queues`: in order of preference; default
    all that the token may serve. `concurrency`: jobs at once. `lease_ms`: how soon others may take the jobs of a worker
    that died; renewed every third of it. `grace`: seconds that running jobs have at SIGTERM before they are told to
    stop."""

    def __init__(self, client: Client, *, queues: Optional[List[str]] = None, concurrency: int = 1,
                 lease_ms: int = 15_000, grace: float = 25.0, name: Optional[str] = None) -> None:
        self._http = client._http
        self._queues = queues or ["*"]
        self._slots = max(1, concurrency)
        self._lease_ms = lease_ms
        self._grace = grace
        self._name = name or f"{socket.gethostname()}:{os.getpid()}"
        self.id = f"py-{uuid.uuid4()}"
        self._handlers: Dict[str, Handler] = {}
        self._running: Dict[str, Context] = {}
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._over = threading.Event()
        self._command = "continue"
        self._news = threading.Event()
        self._leasing: Optional[http.client.HTTPConnection] = None

    def job(self, type: str) -> Callable[[Handler], Handler]:
        """Registers the function below as the handler of a type. What it returns (JSON) is the job's result."""

        def register(handler: Handler) -> Handler:
            if type in self._handlers:
                raise ValueError(f"two handlers for the type {type!r}; give each its own")
            self._handlers[type] = handler
            return handler

        return register

    def run(self) -> None:
        """Works until `stop` is called or SIGTERM or SIGINT comes; a second signal ends the process at once."""
        if not self._handlers:
            raise ValueError("a worker needs a handler: decorate a function with @worker.job(\"type\")")
        before = self._catch_signals()
        threads = [threading.Thread(target=body, daemon=True) for body in (self._lease_loop, self._beat_loop)]
        for thread in threads:
            thread.start()
        try:
            while not self._stopping.wait(0.5):
                pass
            self._drain()
        finally:
            self._stopping.set()
            self._over.set()
            self._wake()
            for number, handler in before.items():
                signal.signal(number, handler)

    def stop(self) -> None:
        """Takes no more jobs; `run` returns when those that run have ended, or after the grace."""
        self._stopping.set()

    # ── signals, start and end ──

    def _catch_signals(self) -> Dict[int, Any]:
        if threading.current_thread() is not threading.main_thread():
            return {}

        def caught(number: int, _frame: Any) -> None:
            if self._stopping.is_set():
                os._exit(128 + number)
            self._stopping.set()

        return {number: signal.signal(number, caught) for number in (signal.SIGTERM, signal.SIGINT)}

    def _drain(self) -> None:
        self._hang_up()
        if self._wait_idle(self._grace):
            return
        for context in self._all():
            context._stop_for("shutdown")
        if self._wait_idle(2.0):
            return
        for context in self._all():  # a handler that does not listen: its job goes on elsewhere
            if self._settle(context):
                self._end(context, "release", {"reason": "shutdown"}, within=5.0)

    # A call that waits for work is let go; the server gives back what it had leased for it.
    def _hang_up(self) -> None:
        connection = self._leasing
        sock = connection.sock if connection else None
        if sock is not None:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                _log.debug("the waiting call was over already")

    def _wait_idle(self, seconds: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: not self._running, timeout=seconds)

    def _all(self) -> List[Context]:
        with self._changed:
            return list(self._running.values())

    def _wake(self) -> None:
        self._news.set()

    # ── taking jobs ──

    def _lease_loop(self) -> None:
        backoff = _backoffs()
        claim_id = str(uuid.uuid4())
        while not self._stopping.is_set():
            free = self._free()
            if free == 0 or self._command == "quiet":
                self._stopping.wait(0.2)
                continue
            try:
                leases = self._take(free, claim_id)
            except Exception as error:  # whatever it is, a worker goes on asking
                if not self._stopping.is_set():
                    _log.log(logging.WARNING, "no jobs could be taken, trying again: %s", error)
                    self._stopping.wait(max(next(backoff), getattr(error, "retry_after", None) or 0))
                continue
            backoff, claim_id = _backoffs(), str(uuid.uuid4())
            for leased in leases:
                self._begin(leased)

    def _free(self) -> int:
        with self._changed:
            self._changed.wait_for(lambda: len(self._running) < self._slots or self._stopping.is_set(), timeout=1.0)
            return self._slots - len(self._running)

    def _take(self, free: int, claim_id: str) -> List[Dict[str, Any]]:
        body = {
            "worker": {"id": self.id, "name": _clean(self._name, 200), "slots": self._slots},
            "queues": self._queues, "types": sorted(self._handlers), "max": min(32, free),
            "lease_ms": self._lease_ms, "wait_ms": 20_000, "claim_id": claim_id,
        }

        def opened(connection: http.client.HTTPConnection) -> None:
            self._leasing = connection

        try:
            _, answer, _headers = self._http.ask("POST", "/worker/lease", body, timeout=40, opened=opened)
        finally:
            self._leasing = None
        self._obey(answer["command"])
        return answer["leases"]

    def _obey(self, command: str) -> None:
        self._command = command
        if command == "terminate":
            self._stopping.set()

    def _begin(self, leased: Dict[str, Any]) -> None:
        context = Context(self, leased)
        if self._stopping.is_set():
            self._end(context, "release", {"reason": "shutdown"}, within=5.0)
            return
        with self._changed:
            self._running[context._lease] = context
        threading.Thread(target=self._run_one, args=(context,), daemon=True).start()

    # ── running one ──

    def _run_one(self, context: Context) -> None:
        try:
            what, body = self._outcome(context)
            if self._settle(context):
                self._flush(context)
                self._end(context, what, body)
        finally:
            with self._changed:
                self._running.pop(context._lease, None)
                self._changed.notify_all()

    # False: its outcome has been decided without it.
    def _settle(self, context: Context) -> bool:
        with context._lock:
            first, context._settled = not context._settled, True
        return first and context.stop_reason != "lease_lost"

    def _outcome(self, context: Context) -> Tuple[str, Dict[str, Json]]:
        try:
            result = self._handlers[context.job["type"]](context)
        except Stopped as stopped:
            if stopped.reason == "cancel" and context.stop_reason == "cancel":
                return "cancelled", {}
            if stopped.reason == "shutdown":
                return "release", {"reason": "shutdown"}
            return "fail", _failure(stopped, stopped.reason)
        except UserError as error:
            public = {"public_message": _clean(str(error), 2_000)} if str(error) else {}
            retry = {} if error.retryable else {"retry": "never"}
            failure = _failure(error, error.code)
            return "fail", {"error": {**failure["error"], **public}, **retry}
        except NonRetryableError as error:
            return "fail", {**_failure(error), "retry": "never"}
        except BaseException as error:  # SystemExit in a handler ends the job, not the worker
            return "fail", _failure(error)
        try:
            json.dumps(result, allow_nan=False)
            return "complete", {"result": result}
        except (TypeError, ValueError) as error:  # another attempt would return as much
            return "fail", {**_failure(error, "invalid_result"), "retry": "never"}

    def _end(self, context: Context, what: str, body: Dict[str, Json], within: Optional[float] = None) -> None:
        try:
            self._insist(context, "POST", what, body, within=within)
        except Stopped:
            _log.warning("job %s: the lease was lost; the outcome of this attempt is dropped", context.job_id)
        except WaybillError as error:
            if what == "complete" and error.status in (400, 413, 422):
                code = "result_too_large" if error.status == 413 else "invalid_result"
                self._end(context, "fail", {"error": {"code": code, "message": error.detail[:2_000]}, "retry": "never"})
            else:
                _log.error("job %s: the server refused %s: %s", context.job_id, what, error)
        except _NETWORK as error:
            _log.error("job %s: %s could not be said; its lease will run out: %s", context.job_id, what, error)

    def _insist(self, context: Context, method: str, what: str, body: Json, within: Optional[float] = None) -> Json:
        """Says it until it is heard. Raises Stopped("lease_lost") when it is too late."""
        end = None if within is None else time.monotonic() + within
        for wait in _backoffs(2.0):
            try:
                path = f"/worker/jobs/{quote(context.job_id, safe='')}/{what}"
                return self._http.ask(method, path, body, {"Waybill-Lease": context._lease})[1]
            except (WaybillError, *_NETWORK) as error:
                if isinstance(error, WaybillError) and error.code == "lease_lost":
                    context._stop_for("lease_lost")
                    raise Stopped("lease_lost") from error
                late = (end is not None and time.monotonic() > end) or self._over.is_set()
                if not _passes(error) or late or context.stop_reason == "lease_lost":
                    raise
                _log.warning("job %s: %s failed, trying again: %s", context.job_id, what, error)
                time.sleep(wait)
        raise AssertionError("unreachable")

    # What it still has to say comes before its end; that it cannot be said must not cost the end.
    def _flush(self, context: Context) -> None:
        try:
            news = context._take_news()
            if news:
                self._insist(context, "POST", "progress", news)
            lines = context._take_lines()
            while lines:
                self._insist(context, "POST", "logs", {"lines": lines})
                lines = context._take_lines()
        except (Stopped, WaybillError, *_NETWORK) as error:
            _log.warning("job %s: its last news could not be kept: %s", context.job_id, error)

    # ── heartbeats ──

    def _beat_loop(self) -> None:
        every = min(self._lease_ms / 3_000, _BEAT_S)
        beaten = time.monotonic()
        while not self._over.is_set():
            self._news.wait(max(0.05, beaten + every - time.monotonic()))
            self._news.clear()
            started = time.monotonic()
            try:
                self._beat(started - beaten >= every - 0.06)
                beaten = started
            except Exception as error:
                _log.warning("a heartbeat failed, trying again: %s", error)
                self._over.wait(0.5)
            self._over.wait(max(0.0, started + 0.2 - time.monotonic()))  # five a second at most

    def _beat(self, due: bool) -> None:
        contexts = [one for one in self._all() if not one._settled or due]
        for context in contexts:
            self._send_lines(context)
        news = [({} if one._settled else one._take_news()) for one in contexts]
        leases = [{"lease": one._lease, **said} for one, said in zip(contexts, news)]
        try:
            _, answer, _headers = self._http.ask(
                "POST", "/worker/heartbeat", {"worker_id": self.id, "leases": leases}, timeout=max(2.0, self._lease_ms / 2_000))
        except Exception:
            for one, said in zip(contexts, news):
                one._put_back(said)
            raise
        self._obey(answer["command"])
        for context, standing in zip(contexts, answer["leases"]):
            self._heed(context, standing)

    def _send_lines(self, context: Context) -> None:
        lines = [] if context._settled else context._take_lines()
        if not lines:
            return
        path = f"/worker/jobs/{quote(context.job_id, safe='')}/logs"
        try:
            self._http.ask("POST", path, {"lines": lines}, {"Waybill-Lease": context._lease})
        except (WaybillError, *_NETWORK) as error:
            if _passes(error):
                context._put_lines_back(lines)

    def _heed(self, context: Context, standing: Dict[str, Json]) -> None:
        if context._settled:
            return  # its end is on its way, and will be told what it needs
        if not standing["ok"]:
            _log.warning("job %s: the lease was lost; this attempt is told to stop", context.job_id)
            context._stop_for("lease_lost")
            return
        if time.monotonic() - context._begun >= context.job["timeout_ms"] / 1_000:
            context._stop_for("timeout")
        if standing.get("soft_timeout"):
            context.soft_timeout = True
        if standing.get("cancel"):
            context._stop_for("cancel")


def _failure(error: BaseException, code: Optional[str] = None) -> Dict[str, Json]:
    stack = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    return {
        "error": {
            "code": _clean(code or type(error).__name__, 100),
            "message": _clean(str(error) or repr(error), 2_000),
            "stack": _clean(stack[-8_000:], 8_000),
        }
    }
