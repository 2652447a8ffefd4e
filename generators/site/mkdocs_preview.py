"""A hook for MkDocs that keeps a preview quick and its menu whole while only changed pages are rendered again, and dates.

`mkdocs serve --dirty` reads changed pages only, so the menu would call every other page "None"; it compiles
the theme's templates at every rebuild, which takes longer than rendering a chapter; and it looks for edits
only twice a second.
"""

import logging
import os
from pathlib import Path
from typing import Any

from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket
from mkdocs.livereload import LiveReloadServer
from watchdog.observers.polling import PollingObserver

from generators.release.build_date import made_at


class _Compiled(BytecodeCache):
    """Compiled templates in this process's memory; Jinja compares each with its source."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


_compiled = _Compiled()
_titles: dict[str, str] = {}  # by source path; MkDocs loads this module once for all rebuilds
_previews: list[bool] = []


def on_startup(*, command: str, dirty: bool) -> None:
    """Note whether this is a preview of changed pages; date the site map by the commit, so that no day changes a byte."""
    os.environ.setdefault("SOURCE_DATE_EPOCH", str(int(made_at(Path(__file__).parents[2]).timestamp())))
    _previews.append(command == "serve" and dirty)
    if _previews[-1]:  # titles are kept below, and pages keep their addresses
        logging.getLogger("mkdocs.commands.build").addFilter(lambda reported: "inaccurate" not in reported.getMessage())


def on_env(env: Environment, *, config: Any, files: Any) -> Environment:
    """All pages that changed have been read: note their titles, and give the others theirs from earlier rebuilds."""
    if not any(_previews):
        return env
    env.bytecode_cache = _compiled
    for page in (file.page for file in files.documentation_pages() if file.page is not None):
        if page.markdown is not None:
            _titles[page.file.src_uri] = page.title
        elif page.file.src_uri in _titles:
            page.title = _titles[page.file.src_uri]
    return env


def on_serve(server: LiveReloadServer, *, config: Any, builder: Any) -> LiveReloadServer:
    """Look for edits five times a second, which takes less than a tenth of a core."""
    watched = (config.docs_dir, config.config_file_path)  # what MkDocs watches already; the others come later
    for place in watched:
        server.unwatch(place)
    server.observer = PollingObserver(timeout=0.2)
    for place in watched:
        server.watch(place)
    return server
