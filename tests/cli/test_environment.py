"""Environment variables and times: valid values, and how invalid ones are refused."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from publisher.errors import UsageError
from publisher.outputs.youtube.endpoint import CHUNK, CHUNK_UNIT, Settings, read_settings
from tests.cli.conftest import Folder

OUT_OF_RANGE = (
    "0001-01-01",
    "0001-01-01T00:00:00+14:00",
    "1969-12-31T23:59:59",
    "9001-01-01",
    "9999-12-31T23:59:59",
    "9999-12-31T23:59:59-14:00",
)
NO_TIME = (
    "tomorrow",
    "2021-02-30",
    "21",
    " ",
    "2021-01-01T25:00",
    "2021-01-01T00:00+99:00",
    "\u0662\u0660\u0662\u0661",
)
IN_RANGE = ("1970-01-01", "1970-01-01T00:00:00+14:00", "9000-12-31T23:59:59-14:00", "9000-12-31")


@pytest.mark.parametrize("command", ["plan", "status", "check", "release", "withdraw", "preview"])
@pytest.mark.parametrize("moment", [OUT_OF_RANGE[0], OUT_OF_RANGE[-1], "tomorrow"])
def test_every_command_refuses_an_invalid_current_time(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, command: str, moment: str
) -> None:
    monkeypatch.setenv("PUBLISHER_NOW", moment)
    more = {"withdraw": ("first-talk", "--reason", "asked for"), "preview": ("--port", "0")}.get(command, ())
    result = folder.run(command, *more)
    assert (result.status, "PUBLISHER_NOW" in result.err) == (2, True)
    assert not (folder.root / "public").exists()


@pytest.mark.parametrize("moment", OUT_OF_RANGE)
def test_a_year_out_of_range_is_refused_with_the_range(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    monkeypatch.setenv("PUBLISHER_NOW", moment)
    assert "PUBLISHER_NOW: the year must be from 1970 to 9000" in folder.run("plan").err
    monkeypatch.delenv("PUBLISHER_NOW")
    result = folder.run("preview", "--port", "0", "--as-of", moment)
    assert (result.status, "--as-of: the year must be from 1970 to 9000" in result.err) == (2, True)


@pytest.mark.parametrize("moment", NO_TIME)
def test_an_invalid_time_is_refused_with_an_example(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    monkeypatch.setenv("PUBLISHER_NOW", moment)
    assert "write 2021-02-12T18:00:00+01:00" in folder.run("plan").err
    monkeypatch.delenv("PUBLISHER_NOW")
    result = folder.run("preview", "--port", "0", "--as-of", moment)
    assert (result.status, "; write 2021-02-12T18:00\n" in result.err) == (2, True)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "no such zone"])
@pytest.mark.parametrize("moment", IN_RANGE)
def test_the_first_and_last_year_are_valid_in_every_time_zone(
    series: Folder, monkeypatch: pytest.MonkeyPatch, moment: str, zone: str
) -> None:
    monkeypatch.setenv("PUBLISHER_NOW", moment)
    monkeypatch.setenv("TZ", zone)
    assert series.run("plan").status == 0
    assert series.run("status").status == 0


# Numbers and addresses


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("CHUNK", value) for value in ("x", "nan", "0", "-1", "1.5", "1e9", "9" * 30, "9" * 5000, "0x10")),
        *(("TIMEOUT", value) for value in ("x", "nan", "0", "-1", "inf", "1e999", "1,5", "9" * 30)),
        *(("PAUSE", value) for value in ("x", "nan", "-1", "inf", "-inf", "1e999", "0x1", "9" * 30)),
        *(
            ("ENDPOINT", value)
            for value in (
                "x",
                "//localhost",
                "ftp://localhost",
                "http://",
                "http://[",
                "http://localhost:x",
                "http://localhost:99999",
                "http://user:secret@localhost",
                "http://localhost/?key=secret",
                "http://localhost/#secret",
                "http:// localhost",
                "http://local\nhost",
            )
        ),
    ],
)
def test_an_invalid_setting_is_refused_with_its_name(name: str, value: str) -> None:
    with pytest.raises(UsageError, match=f"PUBLISHER_YOUTUBE_{name}") as refused:
        read_settings({f"PUBLISHER_YOUTUBE_{name}": value})
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("name", ["CHUNK", "TIMEOUT", "PAUSE", "ENDPOINT", "CREDENTIALS"])
def test_an_empty_setting_is_treated_as_unset(name: str) -> None:
    assert read_settings({f"PUBLISHER_YOUTUBE_{name}": ""}) == Settings()


def test_settings_within_their_limits_are_used() -> None:
    given = {
        "CHUNK": str(CHUNK_UNIT * 3 + 1),
        "TIMEOUT": "0.5",
        "PAUSE": "0",
        "ENDPOINT": "http://[::1]:8080/api/",
    }
    taken = read_settings({f"PUBLISHER_YOUTUBE_{name}": value for name, value in given.items()})
    assert (taken.chunk, taken.timeout, taken.pause) == (CHUNK_UNIT * 3, 0.5, 0.0)
    assert taken.endpoint == "http://[::1]:8080/api/"
    assert read_settings({"PUBLISHER_YOUTUBE_CHUNK": "1"}).chunk == CHUNK_UNIT
    assert read_settings({}).chunk == CHUNK


def test_a_command_refuses_an_invalid_setting(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLISHER_YOUTUBE_CHUNK", "8 MB")
    result = folder.run("plan")
    assert (result.status, "PUBLISHER_YOUTUBE_CHUNK" in result.err) == (2, True)


@pytest.mark.released
@pytest.mark.parametrize("name", ["CHUNK", "ENDPOINT"])
def test_an_invalid_setting_does_not_prevent_a_withdrawal(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(f"PUBLISHER_YOUTUBE_{name}", "x")
    result = folder.run("withdraw", "first-talk", "--reason", "asked for")
    assert (result.status, f"PUBLISHER_YOUTUBE_{name}" in result.out) == (1, True)
    assert not [path for path in folder.public() if path.startswith("media/")]


def test_an_empty_path_of_credentials_means_the_default_path(
    series: Folder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PUBLISHER_YOUTUBE_CREDENTIALS", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    found = [one["text"] for one in series.run("doctor", "--json").document["findings"]]
    assert any(str(tmp_path) in text and "youtube.json" in text for text in found)


def test_an_invalid_ffprobe_is_reported(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLISHER_FFPROBE", "/bin/true")
    result = folder.run("plan")
    assert (result.status, "PUBLISHER_FFPROBE" in result.err) == (1, True)


# Logging in


def client(path: Path, document: object) -> str:
    path.write_text(json.dumps(document), encoding="utf-8")
    return str(path)


INSTALLED = {"installed": {"client_id": "c", "client_secret": "s", "token_uri": "http://127.0.0.1:9/token"}}


@pytest.mark.parametrize(
    ("pasted", "words"),
    [
        ("http://localhost:8081/?code=good-code", "belongs to another login"),
        ("http://localhost:8081/?code=good-code&state=", "belongs to another login"),
        ("http://localhost:8081/?code=good-code&state=x", "belongs to another login"),
        ("http://localhost:8081/?code=good-code&state={state}&state=x", "belongs to another login"),
        ("http://localhost:8081/?code=good-code&state=x&state={state}", "belongs to another login"),
        ("http://localhost:8081/?code=good-code#state={state}", "belongs to another login"),
        ("http://localhost:8081/?code=good-code&STATE={state}", "belongs to another login"),
        ("http://localhost:8081/?code=a&code=b&state={state}", "contains no code"),
        ("http://localhost:8081/?code=&state={state}", "contains no code"),
        ("http://localhost:8081/?state={state}", "contains no code"),
        ("good-code", "contains no code"),
        ("", "contains no code"),
        ("http://[/?code=good-code&state={state}", "contains no code"),
        ("http://localhost:8081/?error=access_denied&state={state}", "access_denied"),
    ],
)
def test_a_pasted_address_of_another_login_is_refused(pasted: str, words: str) -> None:
    from publisher.outputs.youtube.auth import code_of
    from publisher.outputs.youtube.errors import NotAuthorised

    with pytest.raises(NotAuthorised, match=words):
        code_of(pasted.format(state="s-1"), "s-1")


def test_a_pasted_address_of_this_login_returns_its_code() -> None:
    from publisher.outputs.youtube.auth import code_of

    assert code_of(" http://localhost:8081/?state=s-1&code=good-code&scope=x\n", "s-1") == "good-code"


@pytest.mark.parametrize(
    "document",
    [[], "text", 5, None, {"installed": "text"}, {"installed": ["client_id", "client_secret"]}, {}],
)
def test_a_file_that_is_no_oauth_client_is_refused(series: Folder, tmp_path: Path, document: object) -> None:
    result = series.run("youtube", "login", "--paste", "--client", client(tmp_path / "client.json", document))
    assert (result.status, "is not an OAuth client's JSON" in result.err) == (1, True)


@pytest.mark.parametrize(
    "request_line",
    ["/?code=good-code", "/?code=good-code&state=x", "/?state=x", "/", "/favicon.ico", ""],
)
def test_an_unexpected_redirect_of_the_browser_is_refused(
    series: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request_line: str
) -> None:
    browser, kept = tmp_path / "browser.py", tmp_path / "config" / "youtube.json"
    browser.write_text(
        "import socket, sys, urllib.parse as p\n"
        "asked = p.parse_qs(p.urlsplit(sys.argv[1]).query)\n"
        "back = p.urlsplit(asked['redirect_uri'][0])\n"
        "with socket.create_connection((back.hostname, back.port)) as connection:\n"
        f"    line = {request_line!r}\n"
        "    if line:\n"
        "        connection.sendall(f'GET {line} HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n'.encode())\n"
        "        connection.recv(1000)\n",
        encoding="utf-8",
    )
    monkeypatch.setattr("webbrowser._tryorder", None)  # webbrowser reads BROWSER only once per process
    monkeypatch.setenv("BROWSER", f"{sys.executable} {browser} %s &")
    monkeypatch.setenv("PUBLISHER_YOUTUBE_CREDENTIALS", str(kept))
    result = series.run("youtube", "login", "--client", client(tmp_path / "client.json", INSTALLED))
    assert (result.status, kept.exists()) == (1, False)
    assert "log" in result.err
