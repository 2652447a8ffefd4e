"""`python -m generators.measure`."""

import sys

from generators.measure.streams import steady

if __name__ == "__main__":
    steady()
    from generators.measure.cli import main

    sys.exit(main())
