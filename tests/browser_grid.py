"""The states over which Python's and the browser's model are compared, and how a result becomes a list of numbers."""

import importlib
import inspect
from dataclasses import fields, is_dataclass, replace
from itertools import product

from generators.browser import answers
from generators.browser.scripts import modules
from generators.catalog import model_inputs
from generators.model.expected import Habits
from generators.model.inputs import Chip, Pass

#: (batch, context) at their least, at round and odd values, and far beyond what any device holds.
EXTREMES = [(1.0, 1.0), (1.0, 2048.0), (3.0, 777.0), (1024.0, 128.0), (1.0, 1048576.0), (65536.0, 131072.0)]
#: Draft verification, a long prefill's chunk, training's logits.
PASSES = [(1.0, 1.0, 1.0, 1.0), (7.0, 5.0, 4101.0, 5.0), (1.0, 512.0, 8192.0, 1.0), (8.0, 4096.0, 4096.0, 4096.0)]
EACH = ("llama-2-7b", "gpt2-xl", "deepseek-v3", "gpt-oss-120b", "gemma-3-27b", "mixtral-8x7b")
CHUNKS, CONTEXTS = [512.0, 1024.0, 1500.0], [1501.0, 1502.0, 9000.0]
FUNCTION = """
(states) => {
  const B = globalThis.memoryBound, M = B.model;
  const flat = (value) => (value !== null && typeof value === "object" ? Object.values(value).flatMap(flat) : [value]);
  const pick = (rows, id) => B.byId(rows, id);
  return states.map(([kind, chip, model, format, ...rest]) => {
    const stored = pick(B.formats, format), s = pick(B.models, model).shape;
    const f = kind === "answer" ? stored.format : { ...stored.format, activation: 2 };
    const c = B.device(pick(B.chips, chip), stored.rate);
    if (c === null) return [null];
    if (kind === "answer") return flat(M.answers.answer(s, f, c, ...rest));
    if (kind === "each") {
      const [module, name, ...given] = rest, p = M.inputs.Pass(3, 2, 4097, 2), g = s.parts[s.parts.length - 1];
      const h = M.expected.Habits(0.8, 0.5, 1e-5, 3);
      const bent = { window: { ...g, stride: 3, window: 9 }, chunk: { ...g, stride: 3, chunk: 9 }, top: { ...g, stride: 3, top: 5 } };
      return flat(M[module][name](...given.map((value) => ({ s, f, c, p, g, h, ...bent }[value] || value))));
    }
    const p = M.inputs.Pass(...rest);
    if (kind === "pass") return flat(M.answers.one_pass(s, f, { ...c, overhead: 1e-4 }, p));
    if (kind === "request") return flat(M.answers.request(s, f, c, rest[0], rest[1]));
    return flat(M.answers.speculation(s, pick(B.models, rest[0]).shape, f, c, ...rest.slice(1)));
  });
}
"""


def states(catalog) -> list[list[object]]:
    """Every model with every format and every chip with every format; chips, models and extremes take turns."""
    chips, found = sorted(catalog.accelerators), []
    for turn, (model, format_) in enumerate(product(sorted(catalog.models), catalog.formats)):
        able = [
            chip for chip in chips if model_inputs.device(catalog.accelerators[chip], catalog.formats[format_].rate)
        ]
        found.append(["answer", able[turn % len(able)], model, format_, *EXTREMES[turn % len(EXTREMES)]])
        found.append(["pass", able[(turn + 1) % len(able)], model, format_, *PASSES[turn % len(PASSES)]])
    models = sorted(catalog.models)
    for at, (chip, format_) in enumerate(product(chips, catalog.formats)):
        found.append(["answer", chip, models[at % len(models)], format_, *EXTREMES[at % len(EXTREMES)]])
    for at, (chip, model) in enumerate(zip(chips, models * 2, strict=False)):
        found += [["pass", chip, model, "bf16", *one] for one in PASSES]
        found.append(["request", chip, model, "bf16", CHUNKS, CONTEXTS])
        draft = models[(at + 7) % len(models)]
        found.append(["speculation", chip, model, "fp16", draft, 4.0, 3000.0, 5.0, 0.7])
    return found + each_function(catalog)


#: Layers that keep every third entry and no more than a window, a chunk or so many entries hold: no model has them yet.
STRIDED = {"window": 9.0, "chunk": 9.0, "top": 5.0}
INPUTS = {"Shape": "s", "Format": "f", "Chip": "c", "Pass": "p", "Part": "g", "Habits": "h"}


def each_function(catalog) -> list[list[object]]:
    """Every function of the model that the browser has by itself, for a few models."""
    found, script = [], modules(catalog)["model"].body
    for module in [*sorted(path.stem for path in (catalog.root / "generators" / "model").glob("[!_]*.py")), "answers"]:
        loaded = _loaded(module)
        for name, function in inspect.getmembers(loaded, inspect.isfunction):
            if function.__module__ == loaded.__name__ and f"function {name}(" in _of_module(script, module):
                given = [
                    _given(parameter, at)
                    for at, parameter in enumerate(inspect.signature(function).parameters.values())
                ]
                found += [["each", "h100-sxm5-80gb", model, "fp8", module, name, *given] for model in EACH]
                others = _alone(function) + [
                    [field if v == "g" else v for v in given] for field in STRIDED if "g" in given
                ]
                found += [["each", "h100-sxm5-80gb", EACH[0], "fp8", module, name, *one] for one in others]
    more_than_heads = 160.0  # chips, so that some keep copies
    return found + [
        ["each", "h100-sxm5-80gb", model, "fp8", "answers", "copies", "s", more_than_heads] for model in EACH
    ]


def _loaded(module: str):
    """A module of the model, or that of the answers, which the browser has beside them."""
    return importlib.import_module(f"generators.{'browser' if module == 'answers' else 'model'}.{module}")


def _of_module(script: str, module: str) -> str:
    """A module's part of the translated model; nothing where no page asks for it."""
    return script.partition(f"const {module} = ")[2].partition("\n  })();")[0]


def _alone(function) -> list[list[object]]:
    """Arguments that leave all options of a function but one at their defaults, so that each option counts by itself."""
    parameters = list(inspect.signature(function).parameters.values())
    options = [one.name for one in parameters if isinstance(one.default, float)]
    return [
        [
            parameter.default if parameter.name in options and parameter.name != chosen else _given(parameter, at)
            for at, parameter in enumerate(parameters)
        ]
        for chosen in options
    ]


def _given(parameter: inspect.Parameter, at: int) -> object:
    """An argument: the state's input of that class, a list, or a number between 0 and 1, which suits shares and powers."""
    kind = (
        parameter.annotation if isinstance(parameter.annotation, str) else getattr(parameter.annotation, "__name__", "")
    )
    if kind in ("_empty", "float"):
        return 0.9 / (at + 1)
    if kind == "list":
        return [2.0, 5.0, 9.0]
    return INPUTS[kind]  # a KeyError names a class of input that this grid must learn


def python_results(catalog, all_states) -> list[list[object]]:
    """What Python's model says of each state."""
    return [_one(catalog, *state) for state in all_states]


def _one(catalog, kind, chip, model, format_, *rest) -> list[object]:
    row = catalog.formats[format_]
    s, f = model_inputs.shape(catalog.models[model]), model_inputs.number_format(row)
    if kind != "answer":
        f = replace(f, activation=2.0)  # an estimate, so that no term of activations goes unasked
    c = model_inputs.device(catalog.accelerators[chip], row.rate)
    if c is None:
        return [None]
    if kind == "answer":
        return flat(answers.answer(s, f, c, *rest))
    if kind == "each":
        g = s.parts[-1]
        inputs = {"s": s, "f": f, "c": c, "p": Pass(3.0, 2.0, 4097.0, 2.0), "g": g, "h": Habits(0.8, 0.5, 1e-5, 3.0)}
        inputs |= {field: replace(g, stride=3.0, **{field: most}) for field, most in STRIDED.items()}
        function = getattr(_loaded(rest[0]), rest[1])
        return flat(function(*(inputs[v] if isinstance(v, str) else v for v in rest[2:])))
    if kind == "request":
        return flat(answers.request(s, f, c, *rest))
    if kind == "speculation":
        return flat(answers.speculation(s, model_inputs.shape(catalog.models[rest[0]]), f, c, *rest[1:]))
    p = Pass(*rest)
    late = Chip(c.bandwidth, c.peak, c.capacity, 1e-4)
    return flat(answers.one_pass(s, f, late, p))


def flat(value: object) -> list[object]:
    """Every number and word of a result, in the order of its fields."""
    if is_dataclass(value):
        return [part for field in fields(value) for part in flat(getattr(value, field.name))]
    return [part for item in value for part in flat(item)] if isinstance(value, (list, tuple)) else [value]


def differences(all_states, wanted, found, within: float) -> list[str]:
    """States whose numbers differ by more than `within`, relative, or whose words differ."""
    wrong = []
    for state, here, there in zip(all_states, wanted, found, strict=True):
        pairs = zip(here, there, strict=True) if len(here) == len(there) else [(here, there)]
        if any(not _same(a, b, within) for a, b in pairs):
            wrong.append(f"{state}: Python {here[:6]}, browser {there[:6]}")
    return wrong


def _same(a: object, b: object, within: float) -> bool:
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return abs(a - b) <= within * max(abs(a), abs(b))
    return a == b
