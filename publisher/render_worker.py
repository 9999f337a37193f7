"""Renders documents in a worker process of `run.render_pool`, and checks them for leaks.

Imports only what renderers need: each worker reads it when it starts.
"""

from __future__ import annotations

import gc
import logging
import os
import pickle
import signal
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import parent_process
from multiprocessing.connection import Client
from typing import TYPE_CHECKING

from publisher.context import LeakCheck
from publisher.errors import PublisherError, RenderError
from publisher.plan import Document, Renderer
from publisher.render import markdown
from publisher.render.markdown import Renderings
from publisher.render.templates import use_compiled

if TYPE_CHECKING:
    from publisher.model import Publication

Content = bytes | PublisherError | OSError
"""What a document was rendered to, or why it was not."""

Rendered = tuple[list[Content], Renderings]
"""The contents of some documents, and the texts that were rendered for them."""


@dataclass(frozen=True, slots=True)
class RenderSource:
    """Everything that a worker renders from: publications by renderer, and the leak checker."""

    publications: Mapping[Renderer, Publication]
    leak_checker: LeakCheck


def render_checked(document: Document, leak_checker: LeakCheck) -> Content:
    """The content of a document that may be published, or the error."""
    try:
        content = document.render()
    except PublisherError as error:
        return error
    except (ValueError, OSError) as error:
        return _caused(RenderError(f"{document.path}: {error}"), error)
    try:
        leak_checker.check(document.path, content)
    except (PublisherError, OSError) as error:
        return error
    return content


def _caused(error: RenderError, cause: Exception) -> RenderError:
    error.__cause__ = cause
    return error


# In the workers

_source: RenderSource
_documents: dict[str, dict[str, Document]] = {}


def start_worker(address: str | tuple[str, int], key: bytes, thresholds: tuple[int, int, int]) -> None:
    """Prepares a worker: receives what it renders from."""
    global _source
    # As in the first process.
    gc.set_threshold(*thresholds)
    # Ctrl-C reaches all processes of a terminal: the first process ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The first process says why a worker did not start; concurrent.futures would print the traceback.
    for name in ("publisher", "concurrent.futures"):
        logging.getLogger(name).addHandler(logging.NullHandler())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with Client(address, authkey=key) as connection:
        _source, codes = pickle.loads(connection.recv_bytes())
    use_compiled(codes)


def is_ready() -> bool:
    """Returns when the worker has received what it renders from."""
    return True


def _end_with_parent() -> None:
    """Ends this worker when the first process was killed, which cannot end it any more."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def render(name: str, paths: Sequence[str]) -> Rendered:
    """The contents of some documents of one renderer, and the texts that were rendered for them."""
    if name not in _documents:
        renderer = next(each for each in _source.publications if each.name == name)
        declared = renderer.documents(_source.publications[renderer])
        _documents[name] = {document.path: document for document in declared}
    contents = [render_checked(_documents[name][path], _source.leak_checker) for path in paths]
    return contents, markdown.take_new()
