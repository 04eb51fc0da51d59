"""The real data beside the project, read in place. Where it is not, as for a stranger, tests skip.

Where CI runs it is there, and nothing skips.
"""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"
DATA = SHARED / "data"
CASES = DATA / "cases"  # small inputs that went wrong; what is right of them is in its README
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"the real data is not here: no {DATA}")
