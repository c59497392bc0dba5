"""`python -m remediate`: the same as the command `remediate`."""

import sys

from remediate.cli.main import main

sys.exit(main())
