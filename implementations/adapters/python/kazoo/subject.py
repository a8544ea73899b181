"""kazoo's Lock as Holdfast tests it: an ephemeral sequential node of the process's session. All its leases share that session.

Its documentation: "It is strongly advised to add a state listener": in the states SUSPENDED and LOST, "the client should assume
that it no longer holds" its locks. So a lease is lost when either is told.
"""
import os, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import logging, threading
from urllib.parse import quote
from kazoo.client import KazooClient, KazooState
from kazoo.exceptions import LockTimeout
from kazoo.version import __version__
from holdfast_subject import Grant, Refused, Subject, serve

logging.basicConfig(level=logging.CRITICAL)


class Kazoo(Subject):
    name, library_version, features = "kazoo Lock", __version__, ["lost"]

    def connect(self, hello):
        self.session_ms, self.leases, self.guard = hello["options"]["sessionMs"], {}, threading.Lock()
        hosts = ",".join(f"{one['host']}:{one['port']}" for one in hello["endpoints"])
        self.client = KazooClient(hosts=hosts, timeout=self.session_ms / 1000)
        self.client.add_listener(self.told)
        self.client.start()

    def told(self, state):
        if state != KazooState.CONNECTED:
            with self.guard:
                over, self.leases = self.leases, {}
            for lease in over:
                self.lost(lease)

    def acquire(self, ask):
        lock = self.client.Lock("/" + quote(ask.key, safe=":"))
        try:
            granted = lock.acquire(blocking=ask.wait_ms > 0, timeout=ask.wait_ms / 1000 if ask.wait_ms > 0 else None)
        except LockTimeout as error:
            raise Refused("timeout", message=str(error)) from error
        if not granted:
            raise Refused("busy")
        with self.guard:
            self.leases[ask.lease] = lock
        if not self.client.connected:
            self.told(KazooState.SUSPENDED)
        return Grant((ask.lease, lock), lease_ms=self.session_ms)

    def release(self, handle):
        lease, lock = handle
        with self.guard:
            self.leases.pop(lease, None)
        return "done" if lock.release() else "unknown"


serve(Kazoo())
