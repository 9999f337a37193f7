"""ssh: configuration, host keys, messages and connections; the command that lists files.

Keys come from the ssh agent or ``~/.ssh``; a server must be known in ``known_hosts``. There are no passwords.
"""

from __future__ import annotations

import contextlib
import logging
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from publisher.delivery_address import Address
from publisher.outputs.deliver.destination import DeliveryError, RemoteFile

if TYPE_CHECKING:
    from paramiko import SSHClient

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


def connect(address: Address, environment: Mapping[str, str]) -> SSHClient:
    """A connection to a server whose key is known. Raises DeliveryError."""
    import paramiko

    # It prints tracebacks of lost connections; the errors that are raised here say the same.
    logging.getLogger("paramiko").setLevel(logging.CRITICAL + 1)
    settings = _settings(address, environment)
    host = str(settings.get("hostname", address.host))
    port = address.port or int(settings.get("port", 22))
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    for file in _known_hosts(settings):
        with contextlib.suppress(OSError):
            client.load_host_keys(str(file))
    keys = [str(Path(name).expanduser()) for name in settings.get("identityfile", [])]
    command = settings.get("proxycommand")
    try:
        client.connect(
            host,
            port,
            address.user or settings.get("user"),
            key_filename=keys or None,
            look_for_keys=settings.get("identitiesonly", "no") != "yes",
            allow_agent=settings.get("identitiesonly", "no") != "yes",
            timeout=TIMEOUT,
            banner_timeout=TIMEOUT,
            auth_timeout=TIMEOUT,
            sock=paramiko.ProxyCommand(str(command)) if command else None,
        )
    except paramiko.BadHostKeyException as error:
        raise DeliveryError(f"{address}: {CHANGED_HOST}") from error
    except paramiko.AuthenticationException as error:
        raise DeliveryError(f"{address}: {NO_KEY}") from error
    except paramiko.SSHException as error:
        is_unknown = "not found in known_hosts" in str(error)
        text = unknown_host(host, address.port) if is_unknown else str(error)
        raise DeliveryError(f"{address}: {text}") from error
    except (OSError, EOFError) as error:
        raise DeliveryError(f"{address}: cannot be reached ({reason(error)}); try again later") from error
    return client


def _settings(address: Address, environment: Mapping[str, str]) -> Mapping[str, Any]:
    import paramiko

    file = config_file(environment)
    if not file.is_file():
        return {}
    return dict(paramiko.SSHConfig.from_path(str(file)).lookup(address.host))


def _known_hosts(settings: Mapping[str, Any]) -> Iterator[Path]:
    named = str(settings.get("userknownhostsfile", "~/.ssh/known_hosts"))
    yield from (Path(name).expanduser() for name in named.split())
    yield Path("/etc/ssh/ssh_known_hosts")


def reason(error: BaseException) -> str:
    """Why a request failed, in a few words."""
    return str(getattr(error, "strerror", None) or error) or "the connection was closed"


# The listing of a folder by a command, for servers that permit commands

_LISTED = re.compile(rb"(\d+) (\d+) (.+)")


def list_command(folder: str) -> str:
    """The command that prints size, time of modification (s) and path of each file below `folder`.

    GNU and BusyBox know it. The slash at the end lets `find` follow a link in place of the folder.
    """
    return f"find {shlex.quote(folder.rstrip('/') + '/')} -type f -exec stat -c '%s %Y %n' '{{}}' +"


def parse_list(output: bytes, folder: str) -> dict[str, RemoteFile]:
    """The files by their paths below `folder`; lines that a login script printed are ignored."""
    prefix, found = f"{folder.rstrip('/')}/", dict[str, RemoteFile]()
    for line in output.splitlines():
        match = _LISTED.fullmatch(line)
        name = match[3].decode("utf-8", "surrogateescape") if match else ""
        if match and name.startswith(prefix):
            found[name.removeprefix(prefix)] = RemoteFile(int(match[1]), match[2].decode())
    return found
