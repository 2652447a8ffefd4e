"""All scripts of the site, from the model, the data and `web/` beside this file: what `generators/site/live.py` puts beside the pages."""

import json
import re
from base64 import b64encode
from pathlib import Path
from textwrap import indent

from generators.browser.bundle import CORE, Module, join, read_module, version
from generators.browser.catalog_export import as_script, catalog_rows, expected_rows, further_models, measured_rows
from generators.browser.probe_module import probe_module
from generators.browser.translate import Source, lint, translate
from generators.catalog.browser_probe import newest_probe
from generators.catalog.config_rules import exported, load_rules
from generators.catalog.load import Catalog
from generators.core.errors import BookError

CODE = Path(__file__).resolve().parents[2]
WEB = Path(__file__).parent / "web"

#: Widgets that load a script of their own after the core; the first is in the core.
KINDS = {
    "roofline": CORE,
    "kv": "widget_kv",
    "split": "widget_split",
    "batch": "widget_batch",
    "bits": "widget_bits",
    "draft": "widget_draft",
    "explorer": "explorer",
    "probe": "probe",
}
FIRST = ("search_later", "hints", "start")  # in start.js, which stands before the theme's own script on every page
RECORDS = "records"  # what a page needs when the reader keeps a record or a probe
_ASKED = re.compile(r"\bmodel\.(\w+)\.(\w+)")
_PART = re.compile(r'\["part","(\w+)"')
_TRANSLATED = re.compile(r"^ *const (\w+) = \(\(\) => \{$", re.MULTILINE)
INTRINSICS = "generators.model.arith"  # written by hand on both sides
WORKER = "probe_worker"  # runs by itself, in workers


def model_script(web: str) -> str:
    """What the scripts of `web` ask of the model and its answers, as JavaScript: all that they name as `model.module.name`.

    A breach of the portable subset is a `BookError`.
    """
    sources = _model_sources()
    dotted = {source.short: source.name for source in sources}
    asked = {(dotted[module], name) for module, name in _ASKED.findall(web)}
    body = indent(translate(sources, by_hand={INTRINSICS}, asked=asked), "  ")
    parts = ", ".join(_TRANSLATED.findall(body))
    return f"export const model = (() => {{\n{body}\n  return {{ {parts} }};\n}})();"


def lint_model() -> list[BookError]:
    """Breaches of the portable subset in `generators/model/` and the answers."""
    return lint(_model_sources(), by_hand={INTRINSICS})


def _model_sources() -> list[Source]:
    paths = [path for path in sorted((CODE / "generators" / "model").glob("*.py")) if path.stem != "__init__"]
    paths.append(CODE / "generators" / "browser" / "answers.py")
    return [Source(_dotted(path), _shown(path), path.read_text(encoding="utf-8")) for path in paths]


def _shown(path: Path) -> str:
    return path.relative_to(CODE).as_posix()


def _dotted(path: Path) -> str:
    return _shown(path).removesuffix(".py").replace("/", ".")


def modules(catalog: Catalog) -> dict[str, Module]:
    """Every module by name: the files of `web/`, and two that are generated."""
    texts = {path.stem: path.read_text(encoding="utf-8") for path in sorted(WEB.glob("*.js"))}
    found = {name: read_module(name, text) for name, text in texts.items()}
    rules = as_script("rules", exported(load_rules(catalog.root)))
    by_rule = "".join(
        f" model.parts.{name}" for name in sorted(set(_PART.findall(rules)))
    )  # called as model.parts[name]
    found["model"] = read_module(
        "model", f'import {{ arith }} from "./arith.js";\n{model_script("".join(texts.values()) + by_rule)}'
    )
    found["data"] = read_module("data", f"export {as_script('data', catalog_rows(catalog))}")
    found["further"] = read_module("further", f"export {as_script('further', further_models(catalog))}")
    found["expected"] = read_module("expected", f"export {as_script('expectedOn', expected_rows(catalog))}")
    found["rules"] = read_module("rules", f"export {rules}")
    found["measured"] = read_module("measured", f"export {as_script('measured', measured_rows(catalog))}")
    facts = [
        as_script("probeBytes", b64encode(probe_module()).decode()),
        as_script("nativeShare", _native_share(catalog)),
    ]
    found["probe_facts"] = read_module("probe_facts", "\n".join(f"export {line}" for line in facts))
    return found


def _native_share(catalog: Catalog) -> float | None:
    """What the probe read of the native rate with one worker, in the newest comparison; None where none was made."""
    if not catalog.probes:
        return None
    probe = newest_probe(catalog.probes)
    return round(probe.share(1, probe.largest, "wasm-simd"), 4)


def scripts(catalog: Catalog) -> dict[str, str]:
    """File name to text: the loader, the core, a script for each further widget, the explorer and records."""
    found = modules(catalog)
    made = {f"{CORE}.js": join(CORE, found, None)}
    for entry in sorted({*KINDS.values(), RECORDS} - {CORE}):
        made[f"{entry}.js"] = join(entry, found, CORE)
    made[f"{WORKER}.js"] = f'"use strict";\n{found[WORKER].body}\nprobeWorker(self);\n'
    further = {kind: "" if entry == CORE else entry for kind, entry in KINDS.items()} | {RECORDS: RECORDS}
    start = "\n".join(f'(function () {{\n"use strict";\n{found[name].body}\n}})();' for name in FIRST)
    start = start.replace("@SCRIPTS@", json.dumps(further))
    made["start.js"] = f"{start}\n".replace("@VERSION@", version([start, *made.values()]))
    return dict(sorted(made.items()))
