"""What the tests of the terminal view share."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
