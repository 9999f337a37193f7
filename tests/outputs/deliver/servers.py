"""Servers on loopback that the tests start: sshd with SFTP and rsync, and two stores with the interface of S3."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SSHD = shutil.which("sshd", path="/usr/sbin:/usr/bin:/usr/local/sbin")
SFTP_SERVERS = ("/usr/lib/openssh/sftp-server", "/usr/libexec/sftp-server", "/usr/lib/ssh/sftp-server")

RCLONE = shutil.which("rclone", path=str(Path(sys.executable).parent)) or shutil.which("rclone")
STORE_KEYS = ("AKIDEXAMPLE", "secret-of-the-store")
"""The id and the secret of the key that `rclone_server` requires."""

COMMAND = """#!/bin/sh
fault=$(cat {fault} 2>/dev/null)
case "$SSH_ORIGINAL_COMMAND" in
    {sftp}*) test "$fault" = list && refused="-P opendir,readdir"
        exec {sftp} -e -l VERBOSE $refused 2>>{calls} ;;
    *--sender*|find*) test "$fault" = list && echo "listing refused" >&2 && exit 1 ;;
esac
test "$fault" = "sftp only" && echo "This service allows sftp connections only." && exit 1
echo "$SSH_ORIGINAL_COMMAND" >>{calls}
exec sh -c "$SSH_ORIGINAL_COMMAND"
"""
"""What the server runs instead of the client's command."""


@dataclass(frozen=True)
class SshServer:
    """A server with a key of its own. `config` is the client's configuration, `folder` may be written."""

    port: int
    config: Path
    folder: Path
    known_hosts: Path
    fault: Path
    """A file with the word `list`, if listings are refused, or `sftp only`, if commands are."""
    calls: Path
    """A file with a line for each command, and for each folder that was listed over SFTP."""

    @property
    def address(self) -> str:
        return f"{getpass.getuser()}@127.0.0.1:{self.port}{self.folder}"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def make_key(path: Path) -> str:
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)]
    subprocess.run(command, check=True)
    return path.with_suffix(".pub").read_text().strip()


@contextmanager
def ssh_server(folder: Path) -> Iterator[SshServer]:
    assert SSHD is not None
    port, files = free_port(), folder / "files"
    files.mkdir(parents=True)
    host_key, user_key = make_key(folder / "host"), make_key(folder / "user")
    (folder / "authorized").write_text(user_key + "\n")
    (folder / "authorized").chmod(0o600)
    sftp = next(path for path in SFTP_SERVERS if Path(path).exists())
    fault, calls, script = folder / "fault", folder / "calls", folder / "command"
    calls.touch()
    script.write_text(COMMAND.format(fault=fault, calls=calls, sftp=sftp))
    script.chmod(0o755)
    (folder / "sshd_config").write_text(
        f"ListenAddress 127.0.0.1\nPort {port}\nHostKey {folder}/host\nPidFile none\nUsePAM no\n"
        f"AuthorizedKeysFile {folder}/authorized\nStrictModes no\nPasswordAuthentication no\n"
        f"MaxStartups 100\nPermitRootLogin prohibit-password\nSubsystem sftp {sftp}\nForceCommand {script}\n"
    )
    known = folder / "known_hosts"
    known.write_text(f"[127.0.0.1]:{port} {' '.join(host_key.split()[:2])}\n")
    config = folder / "ssh_config"
    config.write_text(
        f"Host *\n  IdentityFile {folder}/user\n  IdentitiesOnly yes\n  UserKnownHostsFile {known}\n"
    )
    Path("/run/sshd").mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(
        [SSHD, "-D", "-e", "-f", str(folder / "sshd_config")], stderr=subprocess.DEVNULL
    )
    try:
        wait_for(port)
        yield SshServer(port, config, files, known, fault, calls)
    finally:
        process.terminate()
        process.wait(timeout=10)


@contextmanager
def moto_server(refusals: Iterable[Callable[[Mapping[str, str]], str]] = ()) -> Iterator[str]:
    """The address of a store with the bucket `talks`. It accepts every key.

    `refusals` get each request (WSGI) and return the status of an error with its code, or "".
    """
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _refuse(server._server, refusals)
    try:
        host, port = server.get_host_and_port()
        store_client(f"http://{host}:{port}").create_bucket(Bucket="talks")
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@contextmanager
def rclone_server(folder: Path) -> Iterator[str]:
    """The address of a store with the bucket `talks`, kept in `folder`. It checks the signatures of requests."""
    assert RCLONE is not None
    port = free_port()
    (folder / "talks").mkdir()
    command = [RCLONE, "serve", "s3", "--config", os.devnull, "--addr", f"127.0.0.1:{port}", "--quiet"]
    process = subprocess.Popen(
        [*command, "--auth-key", ",".join(STORE_KEYS), str(folder)], stderr=subprocess.DEVNULL
    )
    try:
        wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=10)


def store_client(address: str) -> Any:
    import boto3

    key, secret = STORE_KEYS
    return boto3.client(
        "s3",
        endpoint_url=address,
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
    )


def _refuse(server: Any, refusals: Iterable[Callable[[Mapping[str, str]], str]]) -> None:
    """Lets the application of a store refuse requests."""
    application = server.app

    def refusing(request: dict[str, Any], start: Callable[..., Any]) -> Any:
        error = next((error for refusal in refusals if (error := refusal(request))), "")
        if not error:
            return application(request, start)
        request["wsgi.input"].read(int(request.get("CONTENT_LENGTH") or 0))
        start(error, [("Content-Type", "application/xml")])
        return [f"<Error><Code>{error.split(' ', 1)[1]}</Code><Message>refused</Message></Error>".encode()]

    server.app = refusing


def wait_for(port: int) -> None:
    for _ in range(200):
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError(f"no server answers on port {port}")
