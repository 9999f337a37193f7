"""What every kind of destination does, against real servers on loopback."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from publisher.outputs.deliver import open_destination
from publisher.outputs.deliver.destination import PART_PREFIX, DeliveryError, Destination, RemoteFile, Upload
from tests.outputs.deliver.conftest import STORES, use_store
from tests.outputs.deliver.servers import SSHD, SshServer, ssh_server

KINDS = ("folder", "sftp", "rsync", *STORES)
NEEDED = {"sftp": SSHD, "rsync": SSHD and shutil.which("rsync")}


@pytest.fixture(scope="module")
def ssh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    if not os.environ.get("PUBLISHER_TEST_ALL"):
        pytest.skip("starts sshd; `make test-all` runs it")
    if SSHD is None:
        pytest.skip("sshd is not installed (Debian: openssh-server)")
    # A Unix path must be short for sshd.
    with ssh_server(tmp_path_factory.mktemp("ssh")) as server:
        yield server


@pytest.fixture(params=KINDS)
def destination(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Destination]:
    kind = request.param
    if kind in NEEDED and not NEEDED[kind]:
        pytest.skip(f"sshd or rsync is not installed (Debian: openssh-server, rsync), which {kind} needs")
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    name = secrets.token_hex(4)
    if kind == "folder":
        address = str(tmp_path / "served")
    elif kind in STORES:
        use_store(request, kind, monkeypatch)
        address = f"s3://talks/{name}"
    else:
        server: SshServer = request.getfixturevalue("ssh")
        environment["PUBLISHER_SSH_CONFIG"] = str(server.config)
        address = f"{kind}://{server.address}/{name}"
    opened = open_destination(address, tmp_path / "series", environment)
    yield opened
    opened.close()


def upload(folder: Path, path: str, content: bytes) -> Upload:
    file = folder / "public" / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return Upload(path, file, len(content), hashlib.sha256(content).hexdigest())


def send(destination: Destination, *uploads: Upload) -> dict[str, str]:
    return destination.send(uploads, lambda upload, there: None, lambda size: None)


def test_files_are_listed_read_replaced_and_removed(destination: Destination, tmp_path: Path) -> None:
    assert not destination.list_files()
    page = upload(tmp_path, "episodes/talk/index.html", "<p>Größe «متن»</p>".encode() * 90)
    media = upload(tmp_path, "media/talk.01234567.mp3", bytes(range(256)) * 40)
    assert not send(destination, page, media)
    listed = destination.list_files()
    assert set(listed) == {page.path, media.path}
    assert listed[media.path].size == media.size
    assert destination.read(page.path) == page.read()
    assert destination.read("nothing.html") is None
    changed = upload(tmp_path, page.path, b"<p>changed</p>")
    send(destination, changed)
    assert destination.read(page.path) == b"<p>changed</p>"
    assert destination.list_files()[page.path] != listed[page.path]
    assert not destination.remove([page.path, "nothing.html"])
    assert set(destination.list_files()) == {media.path}


def test_what_is_reported_as_sent_equals_the_listing(destination: Destination, tmp_path: Path) -> None:
    sent = {}
    uploads = [upload(tmp_path, f"page/{number}/index.html", b"x" * number) for number in range(1, 30)]
    destination.send(uploads, lambda upload, there: sent.update({upload.path: there}), lambda size: None)
    assert sent == dict(destination.list_files())


def test_content_that_is_no_file_is_sent(destination: Destination, tmp_path: Path) -> None:
    content = b"<rss>edited</rss>"
    edited = Upload("feed.xml", tmp_path / "nothing", len(content), "0" * 64, content)
    send(destination, edited)
    assert destination.read("feed.xml") == content


def test_a_file_that_cannot_be_read_does_not_stop_the_others(
    destination: Destination, tmp_path: Path
) -> None:
    missing = Upload("missing.html", tmp_path / "missing", 3, "0" * 64)
    page = upload(tmp_path, "index.html", b"page")
    assert set(send(destination, missing, page)) == {"missing.html"}
    assert destination.read("index.html") == b"page"


def test_folders_that_become_empty_are_removed(ssh: SshServer, tmp_path: Path) -> None:
    for kind in ("sftp", "rsync"):
        if not NEEDED[kind]:
            continue
        there = opened(ssh, kind, ssh.known_hosts, tmp_path)
        send(
            there,
            upload(tmp_path, "episodes/gone/embed/index.html", b"a"),
            upload(tmp_path, "episodes/kept/a.html", b"a"),
        )
        assert not there.remove(["episodes/gone/embed/index.html"])
        assert [path.name for path in (ssh.folder / "talks" / "episodes").iterdir()] == ["kept"]
        there.close()


@pytest.mark.parametrize("kind", ("sftp", *STORES))
def test_an_interrupted_upload_of_a_large_file_is_continued(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind in STORES:
        use_store(request, kind, monkeypatch)
    big = upload(tmp_path, "media/long.01234567.mp3", secrets.token_bytes(50 << 20))

    def open_one() -> Destination:
        if kind in STORES:
            return open_destination("s3://talks/x", tmp_path, {})
        ssh = request.getfixturevalue("ssh")
        return opened(ssh, "sftp", ssh.known_hosts, tmp_path)

    first, reported = open_one(), []

    def stop_after_the_second_part(size: int) -> None:
        reported.append(size)
        if sum(reported) > 20 << 20:
            first.stop()

    with pytest.raises(DeliveryError):
        first.send([big], lambda upload, there: None, stop_after_the_second_part)
    first.close()
    second = open_one()
    assert big.path not in second.list_files()
    sent: list[int] = []
    arrived: list[RemoteFile] = []
    second.send([big], lambda upload, there: arrived.append(there), sent.append)
    assert [second.list_files()[big.path]] == arrived
    assert second.read(big.path) == big.read()
    assert sum(sent) == big.size
    second.close()
    if kind == "sftp":
        # The first report counts the bytes that were there already.
        assert sent[0] > 1 << 20


# ssh


@pytest.mark.parametrize("kind", ("sftp", "rsync"))
def test_a_server_with_another_key_is_refused(ssh: SshServer, tmp_path: Path, kind: str) -> None:
    known = tmp_path / "known_hosts"
    other = "AAAAC3NzaC1lZDI1NTE5AAAAIJZ8n1WYq0T0bGvX0j3gq0dTn0Vb0yq0o3mXyqZ0q9bN"
    known.write_text(f"[127.0.0.1]:{ssh.port} ssh-ed25519 {other}\n")
    with pytest.raises(DeliveryError, match="another key"):
        opened(ssh, kind, known, tmp_path).list_files()


@pytest.mark.parametrize("kind", ("sftp", "rsync"))
def test_an_unknown_server_is_refused(ssh: SshServer, tmp_path: Path, kind: str) -> None:
    known = tmp_path / "known_hosts"
    known.write_text("")
    with pytest.raises(DeliveryError, match="key is not known: run `ssh -p"):
        opened(ssh, kind, known, tmp_path).list_files()


def opened(ssh: SshServer, kind: str, known: Path, folder: Path) -> Destination:
    config = folder / "config"
    config.write_text(ssh.config.read_text().replace(str(ssh.known_hosts), str(known)))
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "PUBLISHER_SSH_CONFIG": str(config)}
    return open_destination(f"{kind}://{ssh.address}/talks", folder / "series", environment)


# S3


def test_objects_have_types_and_lifetimes(s3: str, tmp_path: Path) -> None:
    import boto3

    store = open_destination("s3://talks/types", tmp_path, {})
    send(
        store,
        upload(tmp_path, "media/talk.01234567.mp3", b"sound" * 500),
        upload(tmp_path, "index.html", b"<p>page</p>" * 500),
        upload(tmp_path, "feed.xml", b"<rss/>" * 500),
        upload(tmp_path, "episodes/talk/transcript.en.vtt", b"WEBVTT"),
    )
    client = boto3.client("s3")

    def head(path: str) -> tuple[str, str, str | None]:
        found = client.head_object(Bucket="talks", Key=f"types/{path}")
        return found["ContentType"], found["CacheControl"], found.get("ContentEncoding")

    assert head("media/talk.01234567.mp3") == ("audio/mpeg", "public, max-age=31536000, immutable", None)
    assert head("index.html") == ("text/html; charset=utf-8", "public, max-age=300", "gzip")
    assert head("feed.xml") == ("application/rss+xml; charset=utf-8", "public, max-age=300", None)
    assert head("episodes/talk/transcript.en.vtt")[0] == "text/vtt; charset=utf-8"


def test_a_missing_bucket_is_named(s3: str, tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match="the bucket does not exist"):
        open_destination("s3://nothing/talks", tmp_path, {}).list_files()


def test_unfinished_files_are_not_listed(tmp_path: Path) -> None:
    (tmp_path / "served").mkdir()
    (tmp_path / "served" / f"{PART_PREFIX}0123").write_bytes(b"half")
    assert not open_destination(str(tmp_path / "served"), tmp_path / "series", {}).list_files()


def test_the_web_server_can_read_a_folder_whatever_the_umask_is(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        there = open_destination(str(tmp_path / "served"), tmp_path / "series", {})
        send(there, upload(tmp_path, "episodes/talk/index.html", b"page"))
    finally:
        os.umask(before)
    modes = [path.stat().st_mode & 0o777 for path in sorted((tmp_path / "served").rglob("*"))]
    assert modes == [0o755, 0o755, 0o644]
    assert (tmp_path / "served").stat().st_mode & 0o777 == 0o755


def test_a_folder_that_cannot_be_listed_is_an_error_of_the_delivery(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(folder: Path) -> None:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr("publisher.files.scan_tree", refuse)
    there = open_destination(str(tmp_path / "served"), tmp_path / "series", {})
    with pytest.raises(DeliveryError, match="served: Permission denied"):
        there.list_files()


def test_an_interruption_stops_the_transfers_and_is_not_lost(tmp_path: Path) -> None:
    destination = open_destination(str(tmp_path / "served"), tmp_path / "series", {})
    pages = [upload(tmp_path, f"page/{number}/index.html", b"page") for number in range(2, 60)]

    class Interrupted(list[Upload]):
        def __iter__(self) -> Iterator[Upload]:
            yield pages[0]
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        destination.send(Interrupted(pages), lambda upload, there: None, lambda size: None)
    with pytest.raises(DeliveryError, match="stopped"):
        send(destination, pages[1])


# Listing


@pytest.fixture
def many_files(ssh: SshServer) -> Iterator[Path]:
    """1 000 files in 300 folders, at the destination of `opened`."""
    folder = ssh.folder / "talks"
    shutil.rmtree(folder, ignore_errors=True)
    for number in range(1000):
        file = folder / f"episodes/talk-{number % 300}/it's {number}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x" * number)
    yield folder
    ssh.fault.unlink(missing_ok=True)


def listing_calls(ssh: SshServer) -> tuple[int, int]:
    """How many commands listed files, and how many folders were listed over SFTP."""
    calls = ssh.calls.read_text().splitlines()
    return sum(call.startswith("find ") for call in calls), sum(call.startswith("opendir ") for call in calls)


def states(folder: Path) -> dict[str, tuple[int, str]]:
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_size, str(int(path.stat().st_mtime)))
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize(("fault", "calls"), [("", (1, 0)), ("sftp only", (0, 302)), ("list", None)])
def test_a_thousand_files_are_listed_in_one_call_where_the_server_permits_commands(
    ssh: SshServer, many_files: Path, tmp_path: Path, fault: str, calls: tuple[int, int] | None
) -> None:
    ssh.fault.write_text(fault)
    ssh.calls.write_text("")
    there = opened(ssh, "sftp", ssh.known_hosts, tmp_path)
    try:
        if calls is None:
            with pytest.raises(DeliveryError, match="Permission denied"):
                there.list_files()
        else:
            found = {path: (file.size, file.version) for path, file in there.list_files().items()}
            assert found == states(many_files)
            assert listing_calls(ssh) == calls
    finally:
        there.close()


def test_a_shell_with_other_paths_than_sftp_is_not_used(
    ssh: SshServer, many_files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (many_files / "feed.xml").write_bytes(b"<rss/>")
    monkeypatch.setattr(
        "publisher.outputs.deliver.ssh.list_command", lambda folder: f"echo 7 1600000000 {folder}/feed.xml"
    )
    there = opened(ssh, "sftp", ssh.known_hosts, tmp_path)
    assert len(there.list_files()) == 1001
    there.close()
