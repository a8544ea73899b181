"""python-redis-lock as Holdfast tests it: SET NX with an expiry, waiters by BLPOP. Its expiry and its timeouts are whole
seconds, and a timeout is no longer than the expiry; it writes "lock:" before each name.

Its documentation: "expire: the lock expiry time in seconds", a length and no moment.
"""
import os, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import math, time
import redis, redis_lock
from holdfast_subject import Grant, Lost, Refused, Subject, serve


class PythonRedisLock(Subject):
    name, library_version, features = "python-redis-lock", redis_lock.__version__, ["extend", "held"]

    def connect(self, hello):
        server = hello["endpoints"][0]
        user, password = server.get("username"), server.get("password")
        self.redis = redis.StrictRedis(server["host"], server["port"], username=user, password=password)

    def acquire(self, ask):
        seconds = math.ceil(ask.lease_ms / 1000)
        lock = redis_lock.Lock(self.redis, ask.key, expire=seconds)
        until = time.monotonic() + ask.wait_ms / 1000
        granted = lock.acquire(blocking=False) if ask.wait_ms == 0 else False
        while not granted and (left := until - time.monotonic()) > 0:
            granted = lock.acquire(timeout=min(math.ceil(left), seconds))
        if granted:
            return Grant(lock, documented=True, lease_ms=seconds * 1000)
        raise Refused("timeout" if ask.wait_ms > 0 else "busy", definite=True)

    def release(self, lock):
        try:
            lock.release()
        except redis_lock.NotAcquired as error:
            raise Lost(str(error)) from error
        return "released"

    def extend(self, lock):
        try:
            lock.extend()
        except redis_lock.NotAcquired as error:
            raise Lost(str(error)) from error

    def held(self, lock):
        return lock._held  # what its acquire asks; locked() is true of any holder


serve(PythonRedisLock())
