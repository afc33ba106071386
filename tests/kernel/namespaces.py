"""Network namespaces without names: they end with the last descriptor, and leave nothing behind."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000

_libc = ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments: int) -> None:
    if getattr(_libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def leave_the_machine() -> None:
    """Puts this process into a network namespace of its own, for good: nothing that it does from
    here on can touch the machine's network. Without root it becomes root of a user namespace."""
    user, group = os.geteuid(), os.getegid()
    if user == 0:
        return _call("unshare", CLONE_NEWNET)
    _call("unshare", CLONE_NEWUSER | CLONE_NEWNET)
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"0 {user} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"0 {group} 1", encoding="ascii")
    return None


class Namespace:
    """A new network namespace. Sockets that were opened in it stay in it."""

    def __init__(self) -> None:
        home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            _call("unshare", CLONE_NEWNET)
            self._descriptor = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        finally:
            _call("setns", home, CLONE_NEWNET)
            os.close(home)

    @property
    def path(self) -> str:
        """By which other programs find it while this process lives."""
        return f"/proc/{os.getpid()}/fd/{self._descriptor}"

    @contextmanager
    def entered(self) -> Iterator[None]:
        """This process, and what it starts, is inside meanwhile."""
        home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        _call("setns", self._descriptor, CLONE_NEWNET)
        try:
            yield
        finally:
            _call("setns", home, CLONE_NEWNET)
            os.close(home)

    def close(self) -> None:
        os.close(self._descriptor)
