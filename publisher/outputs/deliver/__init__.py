"""Delivers public/ to a folder, an ssh server or a bucket, in order, and proves the result.

`destination` defines what every kind can do; `folder`, `sftp`, `rsync` and `s3` are the kinds. `order`
decides what is sent when, `transfer` sends it, `record` stores what was sent. `proof` checks the public
addresses, `remedies` lists what to change on the server, `announce` notifies a hub.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from publisher.delivery_address import parse_address
from publisher.outputs.deliver.destination import Destination
from publisher.outputs.deliver.folder import FolderDestination


def open_destination(text: str, root: Path, environment: Mapping[str, str]) -> Destination:
    """The destination of `deliver.to`; no connection is made yet. Raises UsageError."""
    address = parse_address(text, root)
    if address.kind == "folder":
        return FolderDestination(Path(address.path))
    if address.kind == "sftp":
        from publisher.outputs.deliver.sftp import SftpDestination

        return SftpDestination(address, environment)
    if address.kind == "rsync":
        from publisher.outputs.deliver.rsync import RsyncDestination

        return RsyncDestination(address, environment)
    from publisher.outputs.deliver.s3 import S3Destination

    return S3Destination(address, environment)
