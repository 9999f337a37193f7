"""Takes a video out of sight: private, with nothing scheduled. It is never deleted."""

from __future__ import annotations

import threading
from datetime import datetime

from publisher.model import Series
from publisher.outputs.youtube import quota, resource
from publisher.outputs.youtube.maker import require_channel
from publisher.outputs.youtube.service import Service, settings
from publisher.workbench import Workbench


def make_private(bench: Workbench, series: Series, video: str, now: datetime) -> bool:
    """Makes a video private; says whether it was there. Raises YouTubeError."""
    book = quota.Book(bench.work, quota.table(), now)
    service = Service(settings(bench.environment), book, threading.Event())
    try:
        require_channel(service, series)
        held = service.videos([video], ("status",)).get(video)
        if held is None:
            return False
        status = {
            key: value for key, value in held["status"].items() if key not in resource.READ_ONLY["status"]
        }
        scheduled = status.pop("publishAt", None)
        if status.get("privacyStatus") != "private" or scheduled:
            status["privacyStatus"] = "private"
            service.update_video(("status",), {"id": video, "status": status})
        return True
    finally:
        service.close()
