"""``python -m generators shape FILE …``: what published config files come to, one line of JSON each."""

import json
from pathlib import Path

from generators.catalog.config_json import LONGEST, Read, Refused, read_config
from generators.catalog.config_rules import Rules
from generators.model import memory, parameters
from generators.model.inputs import Format, Pass

SIXTEEN_BITS = Format(weight=2.0, other=2.0, kv=2.0)
LONG = 131072.0


def figures(read: Read) -> dict[str, object]:
    """Counts and bytes of a model, all in 16 bits but for the weights as the file ships them."""
    s, f = read.shape, SIXTEEN_BITS
    numbers = {
        "parameters": parameters.parameter_count(s),
        "kv_bytes_per_token": memory.kv_bytes_per_token(s, f),
        "kv_bytes_131072": memory.kv_bytes(s, f, LONG),
        "kv_bytes_read_131072": memory.kv_bytes_read(s, f, Pass(1.0, 1.0, LONG)),
        "state_bytes": memory.state_bytes(s, f),
        "weights_read_batch1": memory.weight_bytes_streamed(s, f, Pass(1.0, 1.0, 1.0)),
    }
    w = read.weights
    shipped = Format(
        w.dense / 8, w.head / 8, 2.0, attention=w.attention / 8, expert=w.expert / 8, embedding=w.embedding / 8
    )
    numbers["weights_as_shipped"] = memory.weight_bytes_stored(s, shipped)
    return {key: round(value) for key, value in numbers.items()} | {
        "shipped": w.method or "16 bits",
        "notes": list(read.notes),
    }


def line(path: str, rules: Rules) -> str:
    """A file's line; `Refused` with the reason where it gives none."""
    try:
        with Path(path).open("rb") as file:
            data = file.read(4 * LONGEST + 1)
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused("found bytes that are no UTF-8; wanted a JSON file") from None
    except (OSError, ValueError) as error:
        raise Refused(f"cannot be read ({getattr(error, 'strerror', None) or error}); wanted a config.json") from None
    return json.dumps({"file": path} | figures(read_config(text, rules)), ensure_ascii=True)
