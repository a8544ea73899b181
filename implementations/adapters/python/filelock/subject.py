"""filelock's FileLock as Holdfast tests it: flock(2) on a file for each key, tried again every 50 ms, kept while the process lives."""
import os, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from urllib.parse import quote
import filelock
from holdfast_subject import Grant, Refused, Subject, serve


class File(Subject):
    name, library_version, features = "filelock", filelock.__version__, ["held"]

    def connect(self, hello):
        self.folder = hello["folder"]

    def acquire(self, ask):
        lock = filelock.FileLock(os.path.join(self.folder, quote(ask.key, safe="")))
        try:
            lock.acquire(timeout=ask.wait_ms / 1000)
        except filelock.Timeout as error:
            raise Refused("timeout" if ask.wait_ms > 0 else "busy", definite=True) from error
        return Grant(lock)

    def release(self, lock):
        lock.release()
        return "released"

    def held(self, lock):
        return lock.is_locked


serve(File())
