"""Assembles `probe/read.wat`, the read loop of "Measure this browser", into the bytes of a WebAssembly module.

Only what that file uses is known: one imported memory, one exported function, a flat body.  The encoding is the
WebAssembly core specification's, version 2 (binary format, with vector instructions).
"""

import re
from itertools import groupby
from pathlib import Path

from generators.core.errors import BookError

SOURCE = Path(__file__).with_name("probe") / "read.wat"
TYPES = {"i32": 0x7F, "v128": 0x7B}
#: Instruction to opcode; those of the vector kind follow the prefix 0xFD.
PLAIN = {"end": 0x0B, "i32.add": 0x6A, "i32.lt_u": 0x49}
LOCAL = {"local.get": 0x20, "local.set": 0x21, "local.tee": 0x22}
VECTOR = {"v128.load": 0, "i32x4.extract_lane": 27, "i32x4.add": 174}


def assemble(text: str) -> bytes:
    """The module of a source in the text format; what is not known is a `BookError` with its line."""
    names: dict[str, int] = {}
    kinds: list[str] = []
    parameters, code = 0, bytearray()
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split(";;")[0].replace("(module", "").strip()
        if words.startswith('(import "probe" "memory" (memory 1)'):
            continue
        if words.startswith(('(func (export "read")', "(local ")):
            for part, name, kind in re.findall(r"\((param|local) (\$\w+) (\w+)\)", words):
                names[name] = len(kinds)
                kinds.append(kind)
                parameters += part == "param"
            continue
        words = re.sub(r"\)+$", "", words).split()
        if words:
            code += _instruction(words, names, number)
    runs = [(kind, len(list(run))) for kind, run in groupby(kinds[parameters:])]
    body = _vector([_unsigned(length) + bytes([TYPES[kind]]) for kind, length in runs]) + code + b"\x0b"
    signature = (
        b"\x60" + _vector([bytes([TYPES[kind]]) for kind in kinds[:parameters]]) + _vector([bytes([TYPES["i32"]])])
    )
    return b"\0asm\1\0\0\0" + b"".join(
        (
            _section(1, [signature]),
            _section(2, [_name("probe") + _name("memory") + b"\x02\x00\x01"]),
            _section(3, [b"\x00"]),
            _section(7, [_name("read") + b"\x00\x00"]),
            _section(10, [_unsigned(len(body)) + body]),
        )
    )


def _instruction(words: list[str], names: dict[str, int], line: int) -> bytes:
    """One instruction with its immediates."""
    name, *rest = words
    if name in PLAIN:
        return bytes([PLAIN[name]])
    if name in LOCAL and rest and rest[0] in names:
        return bytes([LOCAL[name], *_unsigned(names[rest[0]])])
    if name == "i32.const":
        return bytes([0x41, *_signed(int(rest[0]))])
    if name == "loop":
        return b"\x03\x40"
    if name == "br_if":  # to the one loop
        return b"\x0d\x00"
    if name in VECTOR:
        given = _unsigned(int(rest[0].removeprefix("offset="))) if rest else b""
        given = b"\x04" + (given or b"\0") if name == "v128.load" else given  # aligned to 2^4 bytes
        return b"\xfd" + _unsigned(VECTOR[name]) + given
    raise BookError("generators/browser/probe/read.wat", line, f"found {' '.join(words)!r}, which is not known here")


def _unsigned(value: int) -> bytes:
    """A whole number as LEB128."""
    out = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        out.append(low | (0x80 if value else 0))
        if not value:
            return bytes(out)


def _signed(value: int) -> bytes:
    """A signed number as LEB128; 64 needs a second byte, since bit 6 is the sign."""
    out = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        done = (value == 0 and not low & 0x40) or (value == -1 and low & 0x40)
        out.append(low | (0 if done else 0x80))
        if done:
            return bytes(out)


def _vector(items: list[bytes]) -> bytes:
    return _unsigned(len(items)) + b"".join(items)


def _section(number: int, items: list[bytes]) -> bytes:
    body = _vector(items)
    return bytes([number]) + _unsigned(len(body)) + body


def _name(text: str) -> bytes:
    return _unsigned(len(text)) + text.encode()


def probe_module() -> bytes:
    """The bytes of the read loop."""
    return assemble(SOURCE.read_text(encoding="utf-8"))
