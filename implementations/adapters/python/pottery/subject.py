"""pottery's Redlock as Holdfast tests it, on one or several Redis servers; it writes "redlock:" before each name.

Its documentation: "Redlocks time out (by default, after 10 seconds). You should take care to ensure that your critical section
completes well within the timeout." A length and no moment; locked() says "how much longer we'll hold the lock".
"""
import os, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from importlib.metadata import version
from pottery import Redlock
from pottery.exceptions import ExtendUnlockedLock, ReleaseUnlockedLock
from redis import Redis
from holdfast_subject import Grant, Lost, Refused, Subject, serve


class Pottery(Subject):
    name, library_version, features = "pottery Redlock", version("pottery"), ["extend", "held"]

    def connect(self, hello):
        self.masters = {
            Redis(one["host"], one["port"], username=one.get("username"), password=one.get("password"))
            for one in hello["endpoints"]
        }

    def acquire(self, ask):
        lock = Redlock(key=ask.key, masters=self.masters, auto_release_time=ask.lease_ms / 1000)
        if lock.acquire(blocking=ask.wait_ms > 0, timeout=ask.wait_ms / 1000 if ask.wait_ms > 0 else -1):
            return Grant(lock, documented=True, lease_ms=ask.lease_ms)
        # False is also its answer when servers did not answer.
        raise Refused("timeout" if ask.wait_ms > 0 else "busy")

    def release(self, lock):
        try:
            lock.release()
        except ReleaseUnlockedLock as error:
            raise Lost(str(error)) from error
        return "released"

    def extend(self, lock):
        try:
            lock.extend()
        except ExtendUnlockedLock as error:
            raise Lost(str(error)) from error

    def held(self, lock):
        return lock.locked() > 0


serve(Pottery())
