"""Delivers with rsync over ssh: one listing, and one transfer for each phase."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from publisher.delivery_address import Address
from publisher.outputs.deliver import ssh
from publisher.outputs.deliver.destination import (
    PART_PREFIX,
    DeliveryError,
    Problems,
    RemoteFile,
    Report,
    Sent,
    Upload,
)

logger = logging.getLogger(__name__)

PARTIAL_DIR = f"{PART_PREFIX}rsync"

_LISTED = re.compile(r"-[^ ]* +([\d,]+) (\d{4}/\d\d/\d\d) (\d\d:\d\d:\d\d) (.*)")

_ERRORS = {
    "Host key verification failed": "",
    "Permission denied (": ssh.NO_KEY,
    "No space left on device": "its disk is full",
    "command not found": "rsync is not installed on the server; install it there, or write sftp:// instead",
}
"""Texts of ssh and rsync, and the messages to print for them."""


class RsyncDestination:
    """A folder of an ssh server with rsync. rsync writes each file beside its place and then renames it."""

    def __init__(self, address: Address, environment: Mapping[str, str]) -> None:
        self.name = str(address)
        self._address = address
        self._environment = environment
        self._process: subprocess.Popen[str] | None = None
        self._stopped = False

    def _target(self) -> str:
        address = self._address
        host = f"[{address.host}]" if ":" in address.host else address.host
        return f"{f'{address.user}@' if address.user else ''}{host}:{address.path}/"

    def _shell(self) -> str:
        options = ["ssh", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes"]
        options += ["-o", f"ConnectTimeout={ssh.TIMEOUT}", "-o", "ServerAliveInterval=10"]
        if self._environment.get(ssh.CONFIG_VARIABLE):
            options += ["-F", str(ssh.config_file(self._environment))]
        if self._address.port:
            options += ["-p", str(self._address.port)]
        return shlex.join(options)

    def _run(self, *arguments: str, accepted: tuple[int, ...] = (0,)) -> tuple[int, str, str]:
        """Runs rsync; returns exit status, output and errors. Raises DeliveryError."""
        program = shutil.which("rsync", path=self._environment.get("PATH"))
        if program is None:
            raise DeliveryError(
                f"{self.name}: rsync is not installed on this machine; install it, or write sftp://"
            )
        if self._stopped:
            raise DeliveryError(f"{self.name}: stopped")
        command = [
            program,
            "--protect-args",
            f"--timeout={4 * ssh.TIMEOUT}",
            f"--rsh={self._shell()}",
            *arguments,
        ]
        # Listed times must not shift with the daylight saving time of this machine.
        environment = {**self._environment, "LC_ALL": "C", "TZ": "UTC"}
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            encoding="utf-8", errors="surrogateescape", env=environment,
        )  # fmt: skip
        try:
            output, errors = self._process.communicate()
        except BaseException:
            self.stop()
            raise
        status = self._process.returncode
        logger.debug("rsync ended with status %d", status)
        if status not in accepted:
            raise DeliveryError(f"{self.name}: {self._message(errors)}")
        return status, output, errors

    def _message(self, errors: str) -> str:
        if "REMOTE HOST IDENTIFICATION HAS CHANGED" in errors:
            return ssh.CHANGED_HOST
        for text, message in _ERRORS.items():
            if text in errors:
                return message or ssh.unknown_host(self._address.host, self._address.port)
        lines = [line for line in errors.splitlines() if line.strip() and not line.startswith("rsync error")]
        return f"{lines[0] if lines else 'rsync stopped'}; try again later"

    def list_files(self) -> Mapping[str, RemoteFile]:
        status, output, errors = self._run(
            "--recursive",
            "--list-only",
            "--no-motd",
            "--8-bit-output",
            "--times",
            self._target(),
            accepted=(0, 23),
        )
        if status and "No such file or directory" not in errors:
            raise DeliveryError(f"{self.name}: {self._message(errors)}")
        found: dict[str, RemoteFile] = {}
        for line in output.splitlines():
            match = _LISTED.fullmatch(line)
            if match and PART_PREFIX not in match[4]:
                found[match[4]] = RemoteFile(int(match[1].replace(",", "")), f"{match[2]} {match[3]}")
        return found

    def read(self, path: str) -> bytes | None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "file"
            status, _, errors = self._run(f"{self._target()}{path}", str(file), accepted=(0, 23))
            if file.is_file():
                return file.read_bytes()
            if status and "No such file or directory" not in errors:
                raise DeliveryError(f"{self.name}/{path}: {self._message(errors)}")
            return None

    def send(self, uploads: Sequence[Upload], sent: Sent, report: Report) -> Problems:
        if not uploads:
            return {}
        with tempfile.TemporaryDirectory() as folder:
            outgoing, names = Path(folder) / "public", Path(folder) / "names"
            for upload in uploads:
                _place(upload, outgoing / upload.path)
            names.write_bytes(b"\0".join(os.fsencode(upload.path) for upload in uploads))
            status, _, errors = self._run(
                *(
                    "--from0",
                    f"--files-from={names}",
                    "--relative",
                    "--copy-links",
                    "--ignore-times",
                    "--times",
                ),
                *("--chmod=D755,F644", "--mkpath", f"--partial-dir={PARTIAL_DIR}", "--out-format=%n"),
                *(f"{outgoing}/", self._target()),
                accepted=(0, 11, 12, 23, 24, 30),
            )
        return self._check(uploads, status, errors, sent, report)

    def _check(
        self, uploads: Sequence[Upload], status: int, errors: str, sent: Sent, report: Report
    ) -> Problems:
        """Reports the files that arrived; returns the others."""
        problems: Problems = {}
        listed = self.list_files()
        for upload in uploads:
            there = listed.get(upload.path)
            if there is None or there.size != upload.size or (status and upload.path in errors):
                problems[upload.path] = self._message(errors) if status else "did not arrive"
            else:
                sent(upload, there)
                report(upload.size)
        return problems

    def remove(self, paths: Iterable[str]) -> Problems:
        """Removes files, and folders that become empty.

        rsync deletes what the source lacks, within what the filter includes: so the source is a tree of
        empty folders. `--delete-missing-args` fails with "invalid file mode 00" in Debian's rsync 3.2.7.
        """
        listing = set(self.list_files())
        gone = [path for path in paths if path in listing]
        if not gone:
            return {}
        kept = {folder for path in listing.difference(gone) for folder in _parents(path)}
        with tempfile.TemporaryDirectory() as folder:
            empty, rules = Path(folder) / "public", Path(folder) / "rules"
            for name in ("", *kept):
                (empty / name).mkdir(parents=True, exist_ok=True)
            rules.write_text("\n".join((*_deletion_rules(gone, kept), "- *", "")), encoding="utf-8")
            self._run("--recursive", "--delete", f"--filter=merge {rules}", f"{empty}/", self._target())
        listed = self.list_files()
        return {path: "is still there" for path in gone if path in listed}

    def remedy(self, kind: str) -> str:
        return ""

    def stop(self) -> None:
        self._stopped = True
        if self._process is not None and self._process.poll() is None:
            with contextlib.suppress(OSError):
                self._process.terminate()

    def close(self) -> None: ...


def _place(upload: Upload, path: Path) -> None:
    """Puts a file, or a link to it, where rsync finds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if upload.content is not None:
        path.write_bytes(upload.content)
        return
    try:
        path.symlink_to(upload.file.resolve())
    except OSError:
        shutil.copy2(upload.file, path)


def _parents(path: str) -> Iterator[str]:
    """The folders above a path, the innermost first."""
    while path := path.rpartition("/")[0]:
        yield path


def _deletion_rules(gone: Iterable[str], kept: Collection[str]) -> Iterator[str]:
    """The filter rules that include `gone` and the folders above; a folder not in `kept` as a whole."""
    rules: dict[str, None] = {}
    for path in gone:
        folders = [*_parents(path)][::-1]
        emptied = next((folder for folder in folders if folder not in kept), None)
        rules |= {f"+ /{_escape(folder)}/": None for folder in folders if folder in kept}
        rules[f"+ /{_escape(path)}" if emptied is None else f"+ /{_escape(emptied)}/***"] = None
    return iter(rules)


def _escape(path: str) -> str:
    return re.sub(r"([\\*?\[])", r"\\\1", path)
