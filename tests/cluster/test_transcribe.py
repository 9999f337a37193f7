"""`publisher transcribe --cluster`, with a program that counts and names the seconds that it hears."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import write_tone
from tests.cluster import clusters
from tests.cluster.clusters import REPOSITORY, Cluster

pytest.importorskip("distributed", reason="needs the extra [cluster]")
pytestmark = pytest.mark.skipif(
    not os.environ.get("PUBLISHER_TEST_ALL"), reason="starts clusters; `make test-all` runs it"
)

# One word per second, and a file for each stretch, with its environment.
PROGRAM = """\
import json, os, pathlib, sys, tempfile, wave
with wave.open(sys.argv[1]) as file:
    seconds = file.getnframes() / file.getframerate()
heard, fails = pathlib.Path(sys.argv[2]), sys.argv[3]
pathlib.Path(tempfile.mktemp(dir=heard)).write_text(json.dumps([seconds, dict(os.environ), sys.argv]))
if fails and abs(seconds - float(fails)) < 0.01:
    sys.exit("no memory left")
print("WEBVTT\\n")
for second in range(int(seconds)):
    print(f"00:{second:02}.000 --> 00:{second + 1:02}.000\\nword{second}\\n")
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> object:
    with clusters.running_cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two talks; of the first, one part is cut and one muted, and a person is hidden."""
    text = clusters.SERIES + '[people.secret]\nname = "Hidden Guest"\nhidden = true\n'
    for number in (1, 2):
        write_tone(tmp_path / f"series/episodes/talk-{number}/recording.wav", 12, 300)
        text += clusters.TALK.format(
            number,
            "recording.wav",
            'guests = ["secret"]\ncut = [[3, 5]]\nmute = [[7, 8]]' if number == 1 else "",
        )
    (tmp_path / "heard").mkdir()
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf-8")
    (tmp_path / "series/episodes.toml").write_text(text, encoding="utf-8")
    return configured(tmp_path / "series")


def configured(root: Path, fails: str = "") -> Path:
    path, above = root / "episodes.toml", root.parent
    line = shlex.join(
        (sys.executable, str(above / "program.py"), "{audio}", str(above / "heard"), fails, "{hotwords}")
    )
    text = path.read_text(encoding="utf-8").split("\n[transcribe]")[0]
    path.write_text(f"{text}\n[transcribe]\ncommand = '''{line}'''\n", encoding="utf-8")
    return root


def transcribe(root: Path, *options: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "publisher", "transcribe", "-C", str(root), *options]
    done = subprocess.run(
        command, env=clusters.environment(), capture_output=True, text=True, cwd=REPOSITORY, check=False
    )
    return done.returncode, done.stdout + done.stderr


def transcripts(root: Path) -> list[str]:
    return [path.read_text() for path in sorted(root.glob("episodes/*/transcript.*"))]


def heard(root: Path) -> list[list[object]]:
    found: list[list[object]] = [json.loads(path.read_text()) for path in (root.parent / "heard").iterdir()]
    for path in (root.parent / "heard").iterdir():
        path.unlink()
    return found


def test_workers_make_the_same_transcripts_from_published_sound_only(root: Path, cluster: Cluster) -> None:
    assert transcribe(root, "--missing")[0] == 0
    expected = transcripts(root)
    heard(root)
    for path in root.glob("episodes/*/transcript.*"):
        path.unlink()
    status, said = transcribe(root, "--missing", "--cluster", cluster.address)
    assert status == 0, said
    assert transcripts(root) == expected
    found = heard(root)
    assert sorted(seconds for seconds, _, _ in found) == [2.0, 3.0, 4.0, 12.0]
    assert not [name for _, variables, _ in found for name in clusters.SECRETS if name in variables]  # type: ignore[attr-defined]
    assert "Hidden Guest" not in str([arguments for _, _, arguments in found])


def test_what_was_heard_before_a_failure_is_kept_and_the_other_talk_is_made(
    root: Path, cluster: Cluster
) -> None:
    configured(root, fails="4")
    status, said = transcribe(root, "--missing", "--cluster", cluster.address)
    assert status == 1
    assert re.search(r"talk-1: the worker tcp://[\d.:]+: .* no memory left", said)
    assert len(transcripts(root)) == 1
    kept = len(list((root / ".publisher/transcribe/talk-1").glob("*.json")))
    assert kept == 2


def test_a_worker_without_the_recogniser_is_named_with_what_to_do(root: Path, cluster: Cluster) -> None:
    pytest.importorskip("distributed")
    if (
        subprocess.run(
            [sys.executable, "-c", "import faster_whisper"], capture_output=True, check=False
        ).returncode
        == 0
    ):
        pytest.skip("the recogniser is installed")
    status, said = transcribe(root, "talk-1", "--model", "small", "--cluster", cluster.address)
    assert status == 1
    assert re.search(
        r"tcp://[\d.:]+: faster-whisper is not installed: pip install 'talk-publisher\[transcribe\]'", said
    )
    assert "Traceback" not in said
