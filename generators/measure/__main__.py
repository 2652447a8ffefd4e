"""`python -m generators.measure`."""

import sys

from generators.measure.streams import steady

OLDEST = (3, 11)


def too_old(found: "tuple[int, ...]") -> str:
    """One line where this Python, by its version's parts, is too old for the suite, else nothing; old ones read it."""
    if tuple(found[:2]) >= OLDEST:
        return ""
    words = " ".join(sys.argv[1:]) or "quick"
    return (
        f"measure: found Python {found[0]}.{found[1]}, wanted {OLDEST[0]}.{OLDEST[1]} or newer; fetch one for this run: "
        "python3 -m pip install uv && python3 -m uv run --no-project --python 3.12 --with 'torch>=2.9' "
        f"python -m generators.measure {words}"
    )


if __name__ == "__main__":
    steady()
    if fault := too_old(sys.version_info):
        print(fault, file=sys.stderr)
        sys.exit(2)
    from generators.measure.cli import main

    sys.exit(main())
