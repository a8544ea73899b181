"""Locks on one Redis server with a known mistake each; which, the first argument says. Without, the lock is right."""
import os, sys, time, uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "..", "adapters", "python"))
from holdfast_subject import Grant, Lost, Refused, Subject, serve
from resp import Redis

RELEASE = "return redis.call('get', KEYS[1]) == ARGV[1] and redis.call('del', KEYS[1]) or 0"
POLL_S = 0.02
# A specimen dawdles where a real program would be held up now and then, so that a fault falls into the gap.
GAP_S = 0.05


class Careful(Subject):
    name, features = "careful", ["abort"]

    def connect(self, hello):
        server = hello["endpoints"][0]
        self.redis = Redis(server["host"], server["port"])

    def acquire(self, ask):
        token, until = uuid.uuid4().hex, time.monotonic() + ask.wait_ms / 1000
        while True:
            began = time.monotonic_ns()
            if self.redis.ask("SET", ask.key, token, "NX", "PX", int(ask.lease_ms)) == "OK":
                return self.granted(ask, token, began)
            if ask.aborted.is_set():
                raise Refused("aborted", definite=True)
            if time.monotonic() >= until:
                raise Refused("timeout" if ask.wait_ms > 0 else "busy", definite=True)
            time.sleep(POLL_S)

    def granted(self, ask, token, began):
        deadline = began + int(ask.lease_ms * 1e6)
        if time.monotonic_ns() >= deadline:
            raise Refused("unavailable", message="granted too late to be of use")
        return Grant((ask.key, token), deadline_ns=deadline, lease_ms=ask.lease_ms)

    def release(self, handle):
        if self.redis.ask("EVAL", RELEASE, 1, *handle) == 1:
            return "released"
        raise Lost("the key was another's, or nobody's")


class LateGrant(Careful):
    """The lease is counted from the answer, however late that came."""

    def granted(self, ask, token, began):
        return super().granted(ask, token, time.monotonic_ns())


class FenceAfterGrant(Careful):
    """The fencing token is drawn by a command of its own after the grant, however long that took."""

    features = ["abort", "fence"]

    def granted(self, ask, token, began):
        time.sleep(GAP_S)
        fence = self.redis.ask("INCR", f"{ask.key}:fence")
        return Grant((ask.key, token), deadline_ns=began + int(ask.lease_ms * 1e6), lease_ms=ask.lease_ms, fence=fence)


MISTAKES = {"late-grant": LateGrant, "fence-after-grant": FenceAfterGrant}
serve(MISTAKES.get(sys.argv[1] if len(sys.argv) > 1 else "", Careful)())
