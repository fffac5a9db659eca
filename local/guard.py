"""Ends the stack's child processes when the stack itself dies without a chance to.

A frozen child does not see that its parent is gone, and `kill -9` runs no cleanup. So one small process holds a pipe to
the stack, is told of every child, and kills those that remain once the pipe closes; it works alike on Linux and macOS.
Rule: this file imports the standard library only, because the guard runs it as a script.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from types import TracebackType
from typing import IO, Self


class Guard:
    """Watches over child processes; each must lead its own process group. Not to be shared by threads."""

    def __init__(self) -> None:
        self._watched: set[int] = set()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def watch(self, pid: int) -> None:
        """Kill `pid` and its group should the stack die."""
        self._watched.add(pid)
        self._tell(f"+{pid}\n")

    def release(self, pid: int) -> None:
        """`pid` has ended and its number may be somebody else's soon."""
        self._watched.discard(pid)
        self._tell(f"-{pid}\n")

    @contextlib.contextmanager
    def guarding(self, pid: int) -> Iterator[None]:
        self.watch(pid)
        try:
            yield
        finally:
            self.release(pid)

    def close(self) -> None:
        """Kill what is still watched and end the guard itself."""
        if self._process is not None:
            _pipe(self._process).close()
            self._process.wait()
            self._process = None
        self._watched.clear()

    def _tell(self, line: str) -> None:
        try:
            self._write(line)
        except BrokenPipeError:
            self._forget_broken()
            self._write("".join(f"+{pid}\n" for pid in self._watched))

    def _forget_broken(self) -> None:
        """Forget a guard that somebody killed; the next line starts another."""
        if self._process is not None:
            with contextlib.suppress(BrokenPipeError):
                _pipe(self._process).close()
            self._process.wait()
            self._process = None

    def _write(self, line: str) -> None:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", __file__],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        pipe = _pipe(self._process)
        pipe.write(line.encode())
        pipe.flush()


def kill_group(pid: int) -> None:
    """SIGKILL for a process group, frozen or not; fine if it is gone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS says PermissionError of a zombie
        os.killpg(pid, signal.SIGKILL)


def _pipe(process: subprocess.Popen[bytes]) -> IO[bytes]:
    if process.stdin is None:
        raise RuntimeError("the guard was started without its pipe")
    return process.stdin


def _stand_guard(lines: IO[str]) -> None:
    watched: set[int] = set()
    for line in lines:
        if line.endswith("\n"):
            (watched.add if line[0] == "+" else watched.discard)(int(line[1:]))
    for pid in watched:
        kill_group(pid)


if __name__ == "__main__":
    _stand_guard(sys.stdin)
