"""`python -m msgproxy` is the same as `msgproxy`."""

import sys

from msgproxy.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
