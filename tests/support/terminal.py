"""The command `proxy` on a terminal of a given width."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

from tests.support.command import TIME_LIMIT, environment, no_canary

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def proxy_on_terminal(
    folder: Path, width: int, *arguments: str, said: str = "", **variables: str
) -> tuple[int, str]:
    """Run one command to its end; gives its status and all that the terminal got."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    with subprocess.Popen(
        [sys.executable, "-m", "proxy_core.cli", *arguments],
        cwd=folder,
        env=environment(folder, {"TERM": "xterm-256color", "LANG": "C.UTF-8", **variables}),
        stdin=subprocess.PIPE,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        assert process.stdin is not None
        process.stdin.write(said.encode())
        process.stdin.close()
        shown = _all_of(ours)
        status = process.wait(TIME_LIMIT)
    os.close(ours)
    no_canary(shown)
    return status, shown


def plain(shown: str) -> list[str]:
    """The lines on the screen, without colours."""
    return _COLOUR.sub("", shown).replace("\r", "").splitlines()


def _all_of(terminal: int) -> str:
    parts = []
    try:
        while part := os.read(terminal, 65536):
            parts.append(part)
    except OSError:  # Linux says so when the other end is closed
        pass
    return b"".join(parts).decode()
