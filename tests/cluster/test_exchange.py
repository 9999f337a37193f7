"""Files exchanged through object storage: sent once, verified, and removed also after a failure."""

from __future__ import annotations

from pathlib import Path

import pytest

from publisher.cluster import exchange
from publisher.cluster.exchange import ObjectStorage, StorageError
from publisher.errors import UsageError

pytest.importorskip("fsspec", reason="needs the extra [cluster]")


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"file://{tmp_path}/bucket"


def objects(url: str) -> list[str]:
    folder = Path(url.removeprefix("file://"))
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def recording(tmp_path: Path) -> Path:
    (tmp_path / "recording.wav").write_bytes(b"sound")
    return tmp_path / "recording.wav"


def test_a_recording_is_sent_once_and_arrives_with_its_name(tmp_path: Path, url: str) -> None:
    storage = exchange.open_storage(url, tmp_path / "work")
    sent = [storage.send(recording(tmp_path)) for _ in range(2)]
    assert sent[0] == sent[1]
    assert objects(url) == ["recording.wav", "release"]
    fetched = exchange.exchange_at(storage.root).fetch(sent[0], tmp_path / "scratch")
    assert (fetched.name, fetched.read_bytes()) == ("recording.wav", b"sound")


def test_a_recording_that_changes_in_the_storage_is_refused(tmp_path: Path, url: str) -> None:
    storage = exchange.open_storage(url, tmp_path / "work")
    sent = storage.send(recording(tmp_path))
    (Path(storage.root.removeprefix("file://")) / sent).write_bytes(b"other")
    with pytest.raises(StorageError, match="is damaged in the storage"):
        storage.fetch(sent, tmp_path / "scratch")


def test_everything_is_removed_and_an_unfinished_release_is_cleared_twice(tmp_path: Path, url: str) -> None:
    work = tmp_path / "work"
    storage = exchange.open_storage(url, work)
    storage.send(recording(tmp_path))
    assert exchange.clear(work) == ""
    assert objects(url) == []
    assert not storage.is_open(Path("step"))
    # A worker ends an upload that had begun.
    storage.put(recording(tmp_path), Path("step/whole.mp3"))
    assert exchange.clear(work) == ""
    assert objects(url) == []
    assert not exchange.is_used(work)


def test_a_finished_release_is_cleared_once_and_others_stay(tmp_path: Path, url: str) -> None:
    work = tmp_path / "work"
    storage, other = exchange.open_storage(url, work), exchange.open_storage(url, tmp_path / "other")
    exchange.finish(storage, work)
    assert exchange.clear(work) == ""
    assert not exchange.is_used(work)
    assert other.is_open(Path("step"))


def test_what_cannot_be_removed_is_said_and_tried_again_and_the_rest_is_removed(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = tmp_path / "work"
    first, second = (exchange.open_storage(url, work) for _ in range(2))
    remove = ObjectStorage.remove

    def refuse(self: ObjectStorage, path: Path | None = None) -> None:
        if self.root == first.root:
            raise StorageError("the storage is not reachable")
        remove(self, path)

    monkeypatch.setattr(ObjectStorage, "remove", refuse)
    assert "the next command tries again" in exchange.clear(work)
    assert not second.is_open(Path("step"))
    monkeypatch.undo()
    assert exchange.clear(work) == ""
    assert objects(url) == []


def test_a_url_with_a_password_is_refused(tmp_path: Path) -> None:
    for url in ("ftp://user:secret@host/folder", "bucket/prefix"):
        with pytest.raises(UsageError, match="--cluster-storage") as refused:
            exchange.open_storage(url, tmp_path)
        assert "secret" not in str(refused.value)


def test_a_protocol_without_its_package_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="nowhere://bucket"):
        exchange.open_storage("nowhere://bucket", tmp_path)
