"""The address in `deliver.to`: a folder, or sftp://, rsync:// or s3://."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from publisher.errors import UsageError

SCHEMES = ("sftp", "rsync", "s3")


@dataclass(frozen=True, slots=True)
class Address:
    """The parsed value of `deliver.to`. `kind`: folder, sftp, rsync or s3; `host` is the bucket of S3."""

    kind: str
    path: str
    host: str = ""
    port: int | None = None
    user: str | None = None

    def __str__(self) -> str:
        if self.kind == "folder":
            return self.path
        user, port = f"{self.user}@" if self.user else "", f":{self.port}" if self.port else ""
        slash = "" if self.path.startswith("/") or not self.path else "/"
        return f"{self.kind}://{user}{self.host}{port}{slash}{self.path}"


_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\]")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")


def parse_address(text: str, root: Path) -> Address:
    """The destination of `deliver.to`. A folder may be relative to the series folder `root`.

    Raises UsageError; its text follows the key's name.
    """
    scheme, found, _ = text.partition("://")
    if not found:
        return _parse_folder(text, root)
    if scheme not in SCHEMES:
        raise UsageError(f"{scheme}:// is not supported; write a folder, or sftp://, rsync:// or s3://")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise UsageError(f"{text} is not an address: {error}") from error
    if parts.password is not None:
        # The text is not repeated: it contains a password.
        raise UsageError("a password must not be here; use a key of the ssh agent, or AWS_* variables")
    if parts.query or parts.fragment:
        raise UsageError("the address must not contain ? or #")
    host = parts.netloc.rpartition("@")[2]
    host = host if scheme == "s3" else host.removesuffix(f":{port}")
    if not _HOST.fullmatch(host) or (parts.username is not None and not _USER.fullmatch(parts.username)):
        example = "bucket/prefix" if scheme == "s3" else "user@host/path"
        raise UsageError(f"{text} names no host; write {scheme}://{example}")
    path = unquote(parts.path)
    if any(part in ("..", ".") for part in path.split("/")) or any(ord(char) < 32 for char in path):
        raise UsageError("the path must not contain . or .. or control characters")
    if scheme == "s3":
        return Address("s3", path.strip("/"), host)
    if path.strip("/") == "":
        raise UsageError(f"the path on the server is missing; write {scheme}://user@host/srv/www/talks")
    # As in ssh://: the path is absolute, and /~/ is the user's home folder.
    path = path.removeprefix("/~/") if path.startswith("/~/") else path
    return Address(scheme, path.rstrip("/"), host.strip("[]"), port, parts.username)


def _parse_folder(text: str, root: Path) -> Address:
    folder = Path(text).expanduser()
    folder = folder if folder.is_absolute() else root / folder
    resolved = folder.resolve()
    if resolved == root.resolve() or resolved.is_relative_to(root.resolve() / "public"):
        raise UsageError("the folder is the series itself, or in public/; name a folder outside")
    if root.resolve().is_relative_to(resolved):
        raise UsageError("the folder contains the series; name a folder of its own")
    return Address("folder", str(resolved))
