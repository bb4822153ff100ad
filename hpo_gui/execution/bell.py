"""A way to interrupt `multiprocessing.connection.wait` from any thread."""

from __future__ import annotations

import multiprocessing
import threading


class Bell:
    """Once rung it stays so until it is silenced; ringing it again meanwhile costs nothing."""

    def __init__(self) -> None:
        self.heard_at, self._rope = multiprocessing.Pipe(duplex=False)
        self._lock = threading.Lock()
        self._ringing = False

    def ring(self) -> None:
        with self._lock:
            if not self._ringing and not self._rope.closed:
                self._ringing = True
                self._rope.send_bytes(b"!")

    def silence(self) -> bool:
        """Stop the ringing; says whether it rang."""
        with self._lock:
            rang, self._ringing = self._ringing, False
            if rang:
                self.heard_at.recv_bytes()
            return rang

    def close(self) -> None:
        with self._lock:
            self._ringing = False
            self._rope.close()
            self.heard_at.close()
