"""The four kinds of destinations, each with a proxy before its server, that the chaos tests deliver to."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.outputs.deliver.proxy import Proxy, proxy
from tests.outputs.deliver.servers import SSHD, SshServer, moto_server, ssh_server

KINDS = ("folder", "sftp", "rsync", "s3")
NAME = "talks"


@dataclass
class StoreFile:
    """A file that the web server reads from a store: what it needs of `Path`."""

    name: str
    content: bytes | None

    @property
    def suffix(self) -> str:
        return Path(self.name).suffix

    def is_file(self) -> bool:
        return self.content is not None

    def read_bytes(self) -> bytes:
        return self.content or b""


class ServedFolder:
    """A folder, to which files come directly or through an ssh server."""

    def __init__(self, to: str, folder: Path, environment: Mapping[str, str], proxy: Proxy | None) -> None:
        self.to, self.folder, self.environment, self.proxy = to, folder, environment, proxy

    def __truediv__(self, path: str) -> Path:
        return self.folder / path

    def read(self) -> dict[str, bytes]:
        """Every file by path."""
        return {
            path.relative_to(self.folder).as_posix(): path.read_bytes()
            for path in self.folder.rglob("*")
            if path.is_file()
        }

    def save(self, copy: Path) -> None:
        shutil.rmtree(copy, ignore_errors=True)
        if self.folder.exists():
            shutil.copytree(self.folder, copy)

    def restore(self, copy: Path) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        if copy.exists():
            shutil.copytree(copy, self.folder)


class Store:
    """A prefix of the bucket; `refuse` gets each request and returns an error code, or ""."""

    def __init__(self, environment: Mapping[str, str], client: Any, proxy: Proxy) -> None:
        self.to, self.environment, self.proxy, self._client = f"s3://talks/{NAME}", environment, proxy, client

    def __truediv__(self, path: str) -> StoreFile:
        found = self._object(path)
        return StoreFile(path, found)

    def _object(self, path: str) -> bytes | None:
        import gzip

        try:
            answer = self._client.get_object(Bucket="talks", Key=f"{NAME}/{path}")
        except self._client.exceptions.NoSuchKey:
            return None
        content: bytes = answer["Body"].read()
        return gzip.decompress(content) if answer.get("ContentEncoding") == "gzip" else content

    def _paths(self) -> Iterator[str]:
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket="talks", Prefix=f"{NAME}/"):
            yield from (item["Key"].removeprefix(f"{NAME}/") for item in page.get("Contents", ()))

    def read(self) -> dict[str, bytes]:
        return {path: content for path in self._paths() if (content := self._object(path)) is not None}

    def save(self, copy: Path) -> None:
        for path in self._paths():
            key = f"copies/{copy.name}/{path}"
            self._client.copy_object(Bucket="talks", Key=key, CopySource=f"talks/{NAME}/{path}")

    def restore(self, copy: Path) -> None:
        for path in tuple(self._paths()):
            self._client.delete_object(Bucket="talks", Key=f"{NAME}/{path}")
        prefix = f"copies/{copy.name}/"
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket="talks", Prefix=prefix):
            for item in page.get("Contents", ()):
                key = f"{NAME}/{item['Key'].removeprefix(prefix)}"
                self._client.copy_object(Bucket="talks", Key=key, CopySource=f"talks/{item['Key']}")


Served = ServedFolder | Store


@dataclass
class Servers:
    """Everything that receives deliveries. `disk` limits the room of the folder kinds, if it can be done."""

    served: Mapping[str, Served]
    ssh: SshServer | None
    disk: Path | None
    refusals: list[Callable[[Mapping[str, str]], str]]
    """Of the store: get each request and return the code of an error, or ""."""

    def limit_disk(self, room: int | None) -> None:
        """Leaves `room` bytes on the disk of the folder kinds; None for as much as there was."""
        if self.disk is not None:
            state = os.statvfs(self.disk)
            used = (state.f_blocks - state.f_bfree) * state.f_frsize
            size = 256 << 20 if room is None else used + max(4096, room)
            subprocess.run(["mount", "-o", f"remount,size={size}", str(self.disk)], check=True)


@contextmanager
def servers(folder: Path) -> Iterator[Servers]:
    """Starts every server that is installed; the address of each leads through its proxy."""
    with ExitStack() as stack:
        disk = stack.enter_context(_small_disk(folder / "disk"))
        where = folder / "disk" / NAME
        served: dict[str, Served] = {"folder": ServedFolder(str(where), where, {}, None)}
        ssh = stack.enter_context(ssh_server(folder / "ssh")) if SSHD else None
        if ssh is not None:
            kinds = ("sftp", "rsync") if shutil.which("rsync") else ("sftp",)
            served |= {kind: _over_ssh(kind, ssh, where, stack) for kind in kinds}
        refusals: list[Callable[[Mapping[str, str]], str]] = []
        served["s3"] = _store(stack, refusals)
        yield Servers(served, ssh, disk, refusals)


def _over_ssh(kind: str, ssh: SshServer, where: Path, stack: ExitStack) -> ServedFolder:
    before = stack.enter_context(proxy(ssh.port))
    key = ssh.known_hosts.read_text().splitlines()[0].split(" ", 1)[1]
    with ssh.known_hosts.open("a") as file:
        file.write(f"[127.0.0.1]:{before.port} {key}\n")
    user = ssh.address.partition("@")[0]
    to = f"{kind}://{user}@127.0.0.1:{before.port}{where}"
    return ServedFolder(to, where, {"PUBLISHER_SSH_CONFIG": str(ssh.config)}, before)


def _store(stack: ExitStack, refusals: list[Callable[[Mapping[str, str]], str]]) -> Store:
    import boto3

    address = stack.enter_context(moto_server(refusals))
    before = stack.enter_context(proxy(int(address.rpartition(":")[2])))
    keys = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "key", "AWS_REGION": "us-east-1"}
    environment = {
        **keys,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{before.port}",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    client = boto3.client(
        "s3",
        endpoint_url=address,
        region_name="us-east-1",
        aws_access_key_id="id",
        aws_secret_access_key="key",
    )
    return Store(environment, client, before)


@contextmanager
def _small_disk(folder: Path) -> Iterator[Path | None]:
    """Mounts a disk in memory at `folder`, which only an administrator may; None if it cannot be done."""
    folder.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", "size=256m", "tmpfs", str(folder)]
    try:
        is_mounted = subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        is_mounted = False
    try:
        yield folder if is_mounted else None
    finally:
        if is_mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
