"""Speaks Holdfast's protocol, version 1, for a lock in Python: docs/protocol.md. One file, standard library only.
A subject is a class with the calls into the library, and serve(TheClass()) at the end. Each lease has a thread to itself for
all its calls, as libraries want that tell owners apart by thread. Nothing here computes a deadline, a renewal or a token.
"""
import json, os, queue, sys, threading, time
from dataclasses import dataclass, field

class Refused(Exception):
    """Not granted. code: busy, timeout, aborted, unavailable or invalid-key; definite: certainly nothing was taken."""
    def __init__(self, code, definite=False, message=""):
        super().__init__(message or code)
        self.code, self.outcome = code, "definite" if definite else "unknown"

class Lost(Exception):
    """The library says that the lease had ended before this call."""
    code, outcome = "unavailable", "lost"

@dataclass
class Ask:
    """wait_ms 0: one attempt. renew: whether the library shall extend by itself. mode: exclusive or shared."""
    lease: str; key: str; lease_ms: float; wait_ms: float; renew: bool; mode: str; owner: str | None
    aborted: threading.Event = field(default_factory=threading.Event)

@dataclass
class Grant:
    """handle is what the other calls are given. Neither deadline_ns nor documented: the library names no length."""
    handle: object
    deadline_ns: int | None = None  # on time.monotonic_ns()
    documented: bool = False  # the library names a length and no moment
    lease_ms: float | None = None  # as long as it really is
    fence: int | None = None

    def fields(self):
        said = {"deadlineNs": _text(self.deadline_ns), "leaseMs": self.lease_ms, "fence": _text(self.fence)}
        said["deadline"] = "documented" if self.documented else None
        return {name: value for name, value in said.items() if value is not None}

class Subject:
    name, library_version, features, owner = "subject", "", [], "lease"

    def connect(self, hello): ...
    def acquire(self, ask): raise NotImplementedError  # -> Grant, or raises Refused
    def release(self, handle): raise NotImplementedError  # -> "released", "done" or "unknown", or raises Lost
    def extend(self, handle): raise NotImplementedError  # -> the new deadline_ns or None, or raises Lost
    def held(self, handle): raise NotImplementedError  # -> bool
    def lost(self, lease, reason="connection"): _say({"event": "lost", "lease": lease, "t": _now(), "reason": reason})
    def renewed(self, lease, end): _say({"event": "renewed", "lease": lease, "t": _now(), "deadlineNs": str(end)})

_out, _lock, _lanes, _open, _idle = sys.stdout.buffer, threading.Lock(), {}, {}, []
_now = lambda: str(time.monotonic_ns())
_text = lambda number: None if number is None else str(number)

def _say(line):
    with _lock:
        _out.write(json.dumps(line).encode() + b"\n")
        _out.flush()

def _lane(subject, requests):
    """One lease after another, and all calls of each."""
    grant = None
    while True:
        request = requests.get()
        cmd, began = request["cmd"], _now()
        try:
            if cmd == "acquire":
                grant = subject.acquire(_open[request["id"]])
                said = grant.fields()
            elif cmd == "release":
                said = {"outcome": subject.release(grant.handle)}
            elif cmd == "held":
                said = {"held": bool(subject.held(grant.handle))}
            else:
                said = Grant(None, subject.extend(grant.handle)).fields()
            said = {"ok": True, **said}
        except (Refused, Lost) as no:
            ok = cmd == "release" and isinstance(no, Lost)
            said = {"ok": ok, "code": no.code, "outcome": no.outcome, "message": str(no)}
        except Exception as error:  # what became of it nobody knows
            message = f"{type(error).__name__}: {error}"
            said = {"ok": False, "code": "unavailable", "outcome": "unknown", "message": message}
        ended = _now()
        _open.pop(request["id"], None)
        if cmd == "release" or (cmd == "acquire" and not said["ok"]):
            _lanes.pop(request["lease"], None)
            _idle.append(requests)
        _say({"id": request["id"], "t": [began, ended], **said})

def _lane_of(subject, asked):
    if asked["cmd"] != "acquire":
        return _lanes.get(asked["lease"])
    names = [asked[name] for name in ("lease", "key", "leaseMs", "waitMs", "renew", "mode")]
    _open[asked["id"]] = Ask(*names, asked.get("owner"))
    if not _idle:
        _idle.append(queue.SimpleQueue())
        threading.Thread(target=_lane, args=(subject, _idle[-1]), daemon=True).start()
    return _lanes.setdefault(asked["lease"], _idle.pop())

def serve(subject):
    sys.stdout = sys.stderr  # a print is a log
    for line in sys.stdin.buffer:
        began, asked = _now(), json.loads(line)
        cmd, said = asked["cmd"], {"ok": True}
        if cmd == "hello":
            subject.connect(asked)
            said |= {"protocol": 1, "name": subject.name, "libraryVersion": subject.library_version,
                     "language": f"python {sys.version.split()[0]}", "features": subject.features,
                     "owner": subject.owner, "clock": "monotonic" if sys.platform == "linux" else "own"}
        elif cmd == "abort" and (ask := _open.get(asked["of"])) is not None:
            ask.aborted.set()
        elif cmd == "bye":
            break
        elif cmd in ("acquire", "release", "held", "extend"):
            if (lane := _lane_of(subject, asked)) is not None:
                lane.put(asked)
                continue
            said = {"ok": False, "code": "unavailable", "outcome": "definite", "message": "no such lease"}
        elif cmd not in ("ping", "abort"):
            said = {"ok": False, "code": "unsupported"}
        _say({"id": asked["id"], "t": [began, _now()], **said})
    os._exit(0)  # whatever threads of the library are at
