"""The checks of public addresses against nginx: the documented configuration passes, each fault is found."""

from __future__ import annotations

import hashlib
import ipaddress
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from publisher.outputs.deliver.order import LocalFile
from publisher.outputs.deliver.proof import Finding, Prover
from tests.outputs.deliver.servers import free_port, wait_for

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin")
pytestmark = [
    pytest.mark.skipif(
        not os.environ.get("PUBLISHER_TEST_ALL"), reason="starts nginx; `make test-all` runs it"
    ),
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed (Debian: nginx-light)"),
]

DOCUMENTED = Path(__file__).parents[3] / "docs" / "delivery.md"

FILES = {
    "media/talk.01234567.mp3": b"sound" * 4000,
    "episodes/talk/transcript.en.vtt": b"WEBVTT",
    "episodes/talk/chapters.json": b"{}",
    "episodes/talk/index.html": b"<title>A talk</title>",
    "feed.xml": b"<rss/>",
    "assets/site.webmanifest": b"{}",
}


@contextmanager
def nginx(folder: Path, changes: tuple[tuple[str, str], ...] = (), tls: str = "") -> Iterator[str]:
    """The address of an nginx with the documented configuration, with `changes`, on loopback."""
    for path, content in FILES.items():
        (folder / "www" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "www" / path).write_bytes(content)
    folder.chmod(0o755)
    found = re.search(r"```nginx\n(.*?)```", DOCUMENTED.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    port = free_port()
    listen = f"listen 127.0.0.1:{port} {'ssl' if tls else ''};{tls}"
    site = found[1].replace("listen 443 ssl;", listen).replace("/srv/www/talks", str(folder / "www"))
    for old, new in changes:
        assert old in site
        site = site.replace(old, new)
    temporary = "".join(
        f"{name}_temp_path {folder}/tmp;" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config = folder / "nginx.conf"
    config.write_text(
        f"pid {folder}/pid; error_log {folder}/errors.txt; daemon off; user {os.environ.get('USER', 'root')};\n"
        f"events {{}}\nhttp {{ access_log off; {temporary}\n{site}\n}}\n"
    )
    process = subprocess.Popen([str(NGINX), "-c", str(config)], stderr=subprocess.PIPE, text=True)
    try:
        wait_for(port)
        yield f"{'https' if tls else 'http'}://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait(timeout=10)


def check(link: str) -> list[Finding]:
    return Prover(link).check(
        (path, LocalFile(len(content), hashlib.sha256(content).hexdigest()))
        for path, content in FILES.items()
    )


def test_the_documented_configuration_has_no_finding(tmp_path: Path) -> None:
    with nginx(tmp_path) as link:
        assert not check(link)
        assert not Prover(link).check_gone(["media/other.01234567.mp3", "episodes/other/index.html"])


MEDIA = "location /media/ { "
FAULTS = {
    "other length": (
        (MEDIA, MEDIA + "rewrite ^ /feed.xml break; default_type audio/mpeg; types {} "),
        "Content-Length: 6, expected",
    ),
    "no ranges": ((MEDIA, MEDIA + "max_ranges 0; "), "ignores byte ranges"),
    "other type": (("audio/mpeg mp3;", ""), "Content-Type: text/plain; charset=utf-8, expected audio/mpeg"),
    "404": ((MEDIA, MEDIA + "return 404; "), "status 404 for HEAD"),
    "redirect loop": ((MEDIA, MEDIA + "return 301 $request_uri; "), "redirects in a loop"),
    "no CORS": (
        ('add_header Access-Control-Allow-Origin "*" always;', ""),
        "Access-Control-Allow-Origin: missing",
    ),
    "no length": ((MEDIA, MEDIA + "sub_filter_types *; sub_filter xyz zyx; "), "Content-Length is missing"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_of_nginx_is_named(fault: str, tmp_path: Path) -> None:
    change, words = FAULTS[fault]
    with nginx(tmp_path, (change,)) as link:
        findings = check(link)
    assert findings
    assert all(words in finding.text for finding in findings), findings


def make_certificate(key_file: Path, certificate_file: Path, end: datetime) -> None:
    """A certificate for 127.0.0.1 that is valid for a month until `end`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(end - timedelta(days=30))
        .not_valid_after(end)
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    key_file.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    certificate_file.write_bytes(certificate.public_bytes(pem))


def test_an_expired_certificate_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    make_certificate(key, certificate, datetime(2020, 2, 1, tzinfo=UTC))
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with nginx(tmp_path, tls=f" ssl_certificate {certificate}; ssl_certificate_key {key};") as link:
        findings = check(link)
    assert {finding.text for finding in findings} == {"its certificate is not valid: it has expired"}
