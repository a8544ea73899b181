"""redis-py's Lock as Holdfast tests it."""
import os, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import redis
from holdfast_subject import Grant, Lost, Refused, Subject, serve
from redis.exceptions import LockNotOwnedError


class RedisPy(Subject):
    name, library_version, features, owner = "redis-py", redis.__version__, ["extend", "held"], "thread"

    def connect(self, hello):
        server = hello["endpoints"][0]
        user, password = server.get("username"), server.get("password")
        self.redis = redis.Redis(server["host"], server["port"], username=user, password=password)

    def acquire(self, ask):
        lock = self.redis.lock(ask.key, timeout=ask.lease_ms / 1000)
        # Its documentation: False when it was not to be had in time.
        if lock.acquire(blocking=ask.wait_ms > 0, blocking_timeout=ask.wait_ms / 1000 if ask.wait_ms > 0 else None):
            return Grant(lock, documented=True, lease_ms=ask.lease_ms)
        raise Refused("timeout" if ask.wait_ms > 0 else "busy", definite=True)

    def release(self, lock):
        try:
            lock.release()
        except LockNotOwnedError as error:
            raise Lost(str(error)) from error
        return "released"

    def extend(self, lock):
        try:
            lock.reacquire()
        except LockNotOwnedError as error:
            raise Lost(str(error)) from error

    def held(self, lock):
        return lock.owned()


serve(RedisPy())
