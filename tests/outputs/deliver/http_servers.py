"""nginx and Apache on loopback with the lines of docs/delivery.md; a test changes some of them."""

from __future__ import annotations

import ipaddress
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.outputs.deliver.servers import free_port, wait_for

SBIN = "/usr/sbin:/usr/bin:/usr/local/sbin"
BINARIES = {"nginx": shutil.which("nginx", path=SBIN), "Apache": shutil.which("apache2", path=SBIN)}
PACKAGES = {"nginx": "nginx-light", "Apache": "apache2"}

DOCUMENTED = Path(__file__).parents[3] / "docs" / "delivery.md"
CERTIFICATES = "/etc/letsencrypt/live/talks.example.org"
"""The folder of the certificate in the documented lines."""

MODULES = "mpm_event authz_core dir mime headers ssl alias rewrite proxy proxy_http substitute deflate filter"
"""Those that the documented lines need, those that Debian enables, and those that the faults need."""

APACHE = """
ServerName 127.0.0.1
PidFile {folder}/pid
ErrorLog {folder}/errors.txt
Listen 127.0.0.1:{port}
{loads}
TypesConfig /dev/null
<Directory />
    Require all denied
</Directory>
AddOutputFilterByType DEFLATE text/html text/css text/javascript application/rss+xml application/xml
"""
APACHE_PROXY = """
Listen 127.0.0.1:{inner}
<VirtualHost 127.0.0.1:{port}>
    SSLEngine on
    SSLCertificateFile {certificates}/fullchain.pem
    SSLCertificateKeyFile {certificates}/privkey.pem
    SSLProxyEngine on
    ProxyPass / https://127.0.0.1:{inner}/
    SetOutputFilter SUBSTITUTE
    Substitute "s|no such words|none|"
</VirtualHost>
"""
NGINX = """
pid {folder}/pid; error_log {folder}/errors.txt; daemon off;
events {{}}
http {{
    access_log off; client_body_temp_path {folder}/tmp; proxy_temp_path {folder}/tmp;
    fastcgi_temp_path {folder}/tmp; uwsgi_temp_path {folder}/tmp; scgi_temp_path {folder}/tmp;
"""
NGINX_PROXY = """
server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {certificates}/fullchain.pem;
    ssl_certificate_key {certificates}/privkey.pem;
    location / {{ proxy_pass https://127.0.0.1:{inner}; sub_filter_types *; sub_filter "no such words" none; }}
}}
"""


@dataclass(frozen=True)
class HttpServer:
    """nginx or Apache. It serves `served` at https://127.0.0.1:`port`/ while a `running` block lasts."""

    name: str
    folder: Path
    port: int

    @property
    def served(self) -> Path:
        return self.folder / "server" / "talks"

    @property
    def certificates(self) -> Path:
        return self.folder / "certificates"

    @property
    def link(self) -> str:
        return f"https://127.0.0.1:{self.port}/"

    def documented(self) -> str:
        """The lines of docs/delivery.md, with this server's address and folders."""
        found = re.search(rf"```{self.name.lower()}\n(.*?)```", DOCUMENTED.read_text(encoding="utf-8"), re.S)
        assert found
        lines = found[1].replace("/srv/www/talks", str(self.served))
        return lines.replace(CERTIFICATES, str(self.certificates))

    @contextmanager
    def running(self, *changes: tuple[str, str], proxy: bool = False) -> Iterator[None]:
        """Runs the server with `changes` of the documented lines, behind a proxy that rewrites bodies."""
        site, inner = self.documented(), free_port() if proxy else self.port
        for old, new in (
            *changes,
            (" 443 ssl;", f" 127.0.0.1:{inner} ssl;"),
            ("*:443>", f"127.0.0.1:{inner}>"),
        ):
            assert old in site or "443" in old, old
            site = site.replace(old, new)
        process = subprocess.Popen(self._command(site, inner, proxy), stderr=subprocess.DEVNULL)
        try:
            wait_for(self.port)
            yield
        finally:
            process.terminate()
            process.wait(timeout=10)

    def _command(self, site: str, inner: int, proxy: bool) -> list[str]:
        values = {"folder": self.folder, "port": self.port, "inner": inner, "certificates": self.certificates}
        config, root = self.folder / "server.conf", os.geteuid() == 0
        if self.name == "nginx":
            user = "user nobody nogroup;" if root else ""
            front = NGINX_PROXY.format(**values) if proxy else ""
            config.write_text(f"{user}{NGINX.format(**values)}{front}{site}}}\n")
            return [str(BINARIES["nginx"]), "-c", str(config)]
        user = "User nobody\nGroup nogroup" if root else ""
        loads = "\n".join(
            f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in MODULES.split()
        )
        front = APACHE_PROXY.format(**values) if proxy else ""
        config.write_text(f"{user}{APACHE.format(**values, loads=loads)}{front}{site}")
        return [str(BINARIES["Apache"]), "-DFOREGROUND", "-d", str(self.folder), "-f", str(config)]

    def make_certificate(self, end: datetime) -> None:
        """Makes a certificate for 127.0.0.1 that is valid for a year until `end`."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
        address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(end - timedelta(days=365))
            .not_valid_after(end)
            .add_extension(address, critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
        self.certificates.mkdir(exist_ok=True)
        private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
        (self.certificates / "privkey.pem").write_bytes(private)
        (self.certificates / "fullchain.pem").write_bytes(certificate.public_bytes(pem))
