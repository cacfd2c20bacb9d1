"""`python -m tutorial.play`."""

import sys

from .command import main

sys.exit(main())
