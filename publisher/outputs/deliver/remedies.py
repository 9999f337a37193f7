# ruff: noqa: E501
"""The lines of configuration that correct what `proof` finds, for the usual servers."""

from __future__ import annotations

from collections.abc import Iterable

from publisher.outputs.deliver.destination import Destination
from publisher.outputs.deliver.proof import Finding

SERVERS = ("nginx", "Apache", "Caddy", "S3 and CloudFront")

REMEDIES: dict[str, tuple[str, ...]] = {
    "cors": (
        'location ~ "/(transcript\\.|chapters\\.json)" { add_header Access-Control-Allow-Origin "*" always; }',
        '<FilesMatch "^(transcript\\.|chapters\\.json)">\nHeader always set Access-Control-Allow-Origin "*"\n</FilesMatch>',
        "@open path */transcript.* */chapters.json\nheader @open Access-Control-Allow-Origin *",
        "S3: a CORS rule with AllowedOrigins * and AllowedMethods GET, HEAD; CloudFront: the response headers policy SimpleCORS",
    ),
    "type": (
        "include mime.types;\ntypes { audio/mpeg mp3; audio/mp4 m4a; audio/ogg opus; text/vtt vtt; application/x-subrip srt; application/manifest+json webmanifest; }",
        "AddType audio/mpeg .mp3\nAddType audio/mp4 .m4a\nAddType audio/ogg .opus\nAddType text/vtt .vtt\nAddType application/x-subrip .srt\nAddType application/manifest+json .webmanifest",
        "@vtt path *.vtt\nheader @vtt Content-Type text/vtt",
        'publisher sends the type with each object: deliver with to = "s3://…", or set Content-Type on the objects',
    ),
    "ranges": (
        "in the location of media/: no `gzip on;` for audio, no `max_ranges 0;`; behind a proxy: proxy_set_header Range $http_range;",
        "remove `MaxRanges none` and any `Header unset Accept-Ranges`; no mod_deflate for audio",
        "use file_server, and no `encode` for media/",
        "CloudFront passes ranges; remove a function or a proxy that drops the Range header",
    ),
    "length": (
        "in the location of media/, also of a proxy: no `sub_filter`, `ssi`, `addition_types` or `gzip on;`, which remove Content-Length",
        'for media/, also in a proxy: no SetOutputFilter or Substitute; SetEnvIf Request_URI "/media/" no-gzip',
        "no `encode` and no `templates` for media/",
        "in the cache behaviour of media/: Compress objects automatically = No",
    ),
    "redirect": (
        "serve the address of `link` itself: no `return 301` or `rewrite` for media/ and feed.xml",
        "remove the Redirect or RewriteRule for these paths",
        "remove the `redir` for these paths",
        "use the REST endpoint or CloudFront as the address in `link`, not a host that redirects to it",
    ),
    "tls": (
        "renew the certificate (certbot renew), and use fullchain.pem in ssl_certificate",
        "renew the certificate (certbot renew), and use fullchain.pem in SSLCertificateFile",
        "caddy renews certificates itself: check that ports 80 and 443 can be reached",
        "request a certificate in ACM for this host name and select it in the distribution",
    ),
    "missing": (
        "root must be the folder of `deliver.to`, and the path of `link` must lead there",
        "DocumentRoot must be the folder of `deliver.to`, and the path of `link` must lead there",
        "root must be the folder of `deliver.to`, and the path of `link` must lead there",
        "`link` must be the address of this bucket and prefix; the objects must be readable by all, or through CloudFront",
    ),
    "status": (
        "status 403: the user of nginx must be able to read the folder of `deliver.to` (chmod -R a+rX); others: its error log says why",
        "status 403: `Require all granted` for the folder, which Apache must be able to read (chmod -R a+rX); others: its error log says why",
        "status 403: caddy must be able to read the folder (chmod -R a+rX); others: its log says why",
        "status 403: allow s3:GetObject to all in the bucket's policy, or to the distribution (origin access control)",
    ),
    "stale": (
        "no proxy_cache for documents, or empty it: set `deliver.purge` to the command that does",
        "no mod_cache for documents, or empty it: set `deliver.purge`",
        "no cache for documents, or empty it: set `deliver.purge`",
        "set deliver.purge to a command that calls `aws cloudfront create-invalidation` with the paths it reads",
    ),
}
REMEDIES["not gone"] = REMEDIES["stale"]
"""By kind of finding: the lines for each of `SERVERS`."""


def remedies(findings: Iterable[Finding], destination: Destination | None) -> list[str]:
    """The lines to print below `findings`: each remedy once, for every server.

    What the destination itself knows replaces the lines for S3.
    """
    lines: list[str] = []
    for kind in dict.fromkeys(finding.kind for finding in findings):
        own = destination.remedy(kind) if destination is not None else ""
        for server, text in zip(SERVERS, REMEDIES.get(kind, ()), strict=False):
            head, *rest = (own if own and server == SERVERS[-1] else text).splitlines()
            lines += [f"  {server}: {head}", *(f"      {line}" for line in rest)]
    return lines
