"""What SFTP and rsync share: the ssh configuration, host keys and messages.

Keys come from the ssh agent or ``~/.ssh``; a server must be known in ``known_hosts``. There are no passwords.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

CONFIG_VARIABLE = "PUBLISHER_SSH_CONFIG"
"""The environment variable with the ssh configuration file to use instead of ``~/.ssh/config``."""

TIMEOUT = 30
"""Seconds without an answer after which a connection counts as lost."""


def config_file(environment: Mapping[str, str]) -> Path:
    """The ssh configuration to use; the file may not exist."""
    named = environment.get(CONFIG_VARIABLE)
    return Path(named) if named else Path("~/.ssh/config").expanduser()


def unknown_host(host: str, port: int | None) -> str:
    """What to do about a server without an entry in known_hosts."""
    command = f"ssh {f'-p {port} ' if port else ''}{host}"
    return f"the server's key is not known: run `{command}` once, compare its fingerprint, and answer yes"


CHANGED_HOST = (
    "the server has another key than known_hosts says: perhaps somebody is between you and it. "
    "Ask its administrator; only if the key was changed on purpose, remove the old line from known_hosts"
)

NO_KEY = "the server accepts none of your keys: load one with `ssh-add`, or name it in ~/.ssh/config"
