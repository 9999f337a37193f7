"""The log of ``-v`` and PUBLISHER_LOG, and the secrets that must not be in it."""

from __future__ import annotations

import ast
import json
import logging
import re
import stat
from pathlib import Path

import pytest

from publisher.cli import logs
from tests.cli.conftest import Folder
from tests.fake_youtube import ACCESS, REFRESH, FakeYouTube

NAME, ALIAS = "Nemo Exemplarius", "nemo@example.org"
CODE = "code-of-a-login"
SECRETS = ("Nemo", "Exemplarius", "nemo@", ACCESS, REFRESH, "client-secret", CODE, "/session/", "upload_id")


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that PUBLISHER_LOG names."""
    path = tmp_path / "publisher.log"
    monkeypatch.setenv("PUBLISHER_LOG", str(path))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return path


def write_names(folder: Folder) -> None:
    (folder.root / "private").mkdir(exist_ok=True)
    text = f'[people.guest-a]\nreal_name = "{NAME}"\nemail = "{ALIAS}"\n'
    (folder.root / "private/people.toml").write_text(text, encoding="utf-8")


def require_no_secret(text: str, *more: str) -> None:
    assert [secret for secret in (*SECRETS, *more) if secret in text] == []


def test_a_release_to_youtube_logs_decisions_and_actions_but_no_secret(
    short_series: Folder, fake: FakeYouTube, log: Path, tmp_path: Path
) -> None:
    series = short_series
    write_names(series)
    fake.fail("upload.put", "503", times=2)
    fake.fail("videos.list", "500")
    result = series.run("release", "-vv")
    assert result.status == 0, result.err
    told = result.err + log.read_text(encoding="utf-8")
    for words in (
        "audio of first-talk on day 1: make: new",
        "audio of first-talk: make: started",
        "audio of first-talk: done",
        "call videos.insert",
        "bytes to the upload: status 200",
        "request an access token",
        "upload: attempt 1 failed: YouTube answered 503",
        "videos.list was refused, attempt 1",
        "-acodec libmp3lame",
        "index.html: written",
        "with the same key",
    ):
        assert words in result.err and words in log.read_text(encoding="utf-8"), words
    notes = series.root / "episodes/first-talk/notes.md"
    notes.write_text(f"Thanks to {NAME}.", encoding="utf-8")
    assert series.run("release", "-vv").status == 1
    notes.unlink()
    fake.revoke()
    series.edit('title = "What is an example?"', 'title = "What is one?"')
    refused = series.run("release", "-vv")
    assert refused.status == 1
    assert "the login service refused the login" in refused.err
    told += refused.err + log.read_text(encoding="utf-8")
    credentials = str(tmp_path / "credentials.json")
    require_no_secret(told, *(uri for uri in fake.channel.sessions), credentials, str(series.root))
    assert "guest-a in notes.md" in told


def test_a_failed_login_logs_no_secret(
    series: Folder, fake: FakeYouTube, log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, kept = tmp_path / "client.json", tmp_path / "config/youtube.json"
    installed = {"client_id": "c", "client_secret": "secret-of-client", "token_uri": fake.address + "token"}
    client.write_text(json.dumps({"installed": installed}), encoding="utf-8")
    monkeypatch.setenv("PUBLISHER_YOUTUBE_CREDENTIALS", str(kept))
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    address = f"http://localhost:8081/?state=another&code={CODE}"
    monkeypatch.setattr("click.prompt", lambda *_, **__: address)
    result = series.run("youtube", "login", "--paste", "--client", str(client), "-vv")
    assert result.status == 1
    assert "ended by NotAuthorised" in log.read_text(encoding="utf-8")
    require_no_secret(log.read_text(encoding="utf-8"), "secret-of-client", str(kept))


FOREIGN = (
    f"Response: {{'access_token': 'x9{ACCESS}', 'refresh_token': \"{REFRESH}\"}}",
    f"header: Authorization: Bearer {ACCESS}",
    f"{{'authorization': 'Bearer {ACCESS}'}}",
    f"PUT https://youtube.googleapis.com/upload/youtube/v3/videos?uploadType=resumable&upload_id={ACCESS}",
    f"GET http://localhost:8081/?state=abc&code={CODE}",
    f"http://name:{CODE}@proxy.example.org/",
    f"client_secret={'client-secret'}",
    'body: {\\"refresh_token\\": \\"' + REFRESH + '\\"}',
    f"a talk with Nemo   EXEMPLARIUS and {ALIAS}",
    "of Ne\x1bmo Exempla\u202erius",
    "ya29.a0AfH6SMBx1234567 1//0gx1234567890abcdef GOCSPX-abcdefghij 4/0AX4XfWh1234567890",
)


def log_everywhere(logger: logging.Logger, line: str) -> None:
    """Logs `line` in every possible way."""
    logger.warning("as an argument: %s", line)
    logger.warning(line.replace("%", "%%"))
    try:
        raise ValueError(line)
    except ValueError:
        logger.exception("as a traceback")
    record = logger.makeRecord(logger.name, logging.ERROR, "file", 1, "malformed: %d", (line,), None)
    for handler in logging.getLogger().handlers:
        # The handlers of pytest raise an error for a malformed line.
        if type(handler).__module__ == logs.__name__:
            handler.handle(record)


@pytest.mark.parametrize("name", ["google.auth.transport", "httplib2", "oauthlib", "publisher.media.ffmpeg"])
def test_no_logger_can_write_a_secret_to_the_log(
    folder: Folder,
    fake: FakeYouTube,
    log: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    name: str,
) -> None:
    write_names(folder)
    credentials, home = fake.credentials(tmp_path / "credentials.json"), tmp_path / "home"
    logger = logging.getLogger(name)
    with logs.running():
        logs.be_verbose(2)
        log_everywhere(logger, "before the names are known")
        logs.hide_secrets_of(folder.root, credentials)
        for line in (*FOREIGN, f"{credentials} {tmp_path / '.trial-credentials.json'} {home}/a.wav"):
            log_everywhere(logger, line)
    text = log.read_text(encoding="utf-8")
    assert text == capsys.readouterr().err
    assert text.count(f"WARNING {name}: ") == 2 * (len(FOREIGN) + 1)
    assert text.count(f" {name}: {logs.WITHHELD}\n") == 3 * 2
    assert "before" not in text
    require_no_secret(text, "credentials.json", str(home), "ya29.a0", "1//0gx", "GOCSPX-a", "4/0AX")


def test_without_readable_names_nothing_is_logged(folder: Folder, log: Path) -> None:
    (folder.root / "private").mkdir()
    (folder.root / "private/people.toml").write_text(f'real_name = "{NAME}', encoding="utf-8")
    assert folder.run("release", "-vv").status == 2
    assert log.read_text(encoding="utf-8") == ""


def test_the_log_file_is_private_and_standard_output_contains_only_json(folder: Folder, log: Path) -> None:
    result = folder.run("plan", "--json", "-v")
    assert result.document["steps"]
    assert " INFO publisher.planner: audio of first-talk on day 1: make: new" in result.err
    assert " DEBUG " not in result.err
    assert " DEBUG " in log.read_text(encoding="utf-8")
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    quiet = folder.run("plan", "--json")
    assert " INFO " not in quiet.err
    assert logging.getLogger("publisher").level == logging.NOTSET


def test_an_unwritable_log_file_is_reported(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLISHER_LOG", str(folder.root / "nowhere/publisher.log"))
    result = folder.run("status")
    assert result.status == 1
    assert "nowhere" in result.err


MODULES = sorted((Path(__file__).parent.parent.parent / "publisher").rglob("*.py"))
SETTING_UP = re.compile(r"addHandler\(|basicConfig\(|setLevel\(|dictConfig\(")


def test_only_the_command_line_configures_logging() -> None:
    found = {path.name for path in MODULES if SETTING_UP.search(path.read_text(encoding="utf-8"))}
    # The others silence libraries: Dask, paramiko, and concurrent.futures in a worker without a terminal.
    assert found == {"logs.py", "connection.py", "ssh.py", "render_worker.py"}


def test_log_messages_are_constant_format_strings() -> None:
    formatted = [
        f"{path.name}:{call.lineno}"
        for path in MODULES
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and ast.unparse(call.func).startswith("logger.")
        if not (isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str))
    ]
    assert formatted == []
