"""The table of the browser probe beside a native program."""

from generators.numbers.browser_probe import newest_probe
from generators.numbers.registry import Numbers
from generators.tables.registry import Table, named_table


@named_table
def browser_and_native(n: Numbers) -> Table:
    """Read bandwidth over the largest buffers, by way and number of threads."""
    probe = newest_probe(n.catalog.probes)
    counts = ["one", "all"] if len(probe.threads) > 1 else ["one"]
    heads = ["Read by", *(f"{'1 thread' if name == 'one' else f'{probe.threads[-1]} threads'} >" for name in counts)]
    ways = {
        "native": "native program, C",
        "wasm-simd": "browser, WebAssembly",
        "javascript": "browser, plain JavaScript",
    }
    return Table(
        heads, [[words, *(n.link(f"probe.{name}.{way}.rate") for name in counts)] for way, words in ways.items()]
    )
