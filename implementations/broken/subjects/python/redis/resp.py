"""Just enough of Redis's protocol for a specimen: one connection for each thread, opened again after trouble."""
import socket, threading

# A time limit, but none that has to do with a lease.
TIMEOUT_S = 2.0


class Redis(threading.local):
    def __init__(self, host, port):
        self.address, self.stream = (host, port), None

    def ask(self, *words):
        try:
            if self.stream is None:
                self.socket = socket.create_connection(self.address, TIMEOUT_S)
                self.stream = self.socket.makefile("rwb")
            encoded = [str(word).encode() for word in words]
            self.stream.write(b"*%d\r\n" % len(encoded) + b"".join(b"$%d\r\n%s\r\n" % (len(e), e) for e in encoded))
            self.stream.flush()
            return self._answer()
        except OSError:
            self.stream = None
            raise

    def _answer(self):
        line = self.stream.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("the server has closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"$":
            return None if rest == b"-1" else self.stream.read(int(rest) + 2)[:-2].decode()
        if kind == b"-":
            raise RuntimeError(rest.decode())
        return int(rest) if kind == b":" else rest.decode()
