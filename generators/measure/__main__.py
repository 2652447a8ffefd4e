"""`python -m generators.measure`."""

import sys

from generators.measure.cli import main

if __name__ == "__main__":
    sys.exit(main())
