"""The adapter to MkDocs, and the only file that knows mkdocs-gen-files: virtual pages, one warning per mistake."""

import logging
import sys
from pathlib import Path

import mkdocs_gen_files

CODE = Path(__file__).resolve().parents[2]

# gen-files runs this script in one process at every rebuild, and Python keeps modules: without
# this, `mkdocs serve` would show pages made by yesterday's code.
for name in [name for name in sys.modules if name.split(".")[0] in ("generators", "vis")]:
    del sys.modules[name]
if str(CODE) not in sys.path:
    sys.path.insert(0, str(CODE))

from generators.errors import BookErrors  # noqa: E402
from generators.site.tree import pages  # noqa: E402

log = logging.getLogger("mkdocs.plugins.generators.site")  # strict mode counts warnings below mkdocs.plugins


def main() -> None:
    """Write every page into the build; mistakes become warnings, which strict mode turns into an abort."""
    root = Path(mkdocs_gen_files.FilesEditor.current().config.config_file_path).parent
    try:
        for page in pages(root):
            binary = isinstance(page.content, bytes)
            with mkdocs_gen_files.open(page.path, "wb" if binary else "w") as file:
                file.write(page.content)
            if page.edit_path:
                mkdocs_gen_files.set_edit_path(page.path, f"../{page.edit_path}")
    except BookErrors as errors:
        for error in errors.errors:
            log.warning(str(error))


main()
