"""How much is measured: as much as RESULTS.md says or, with BENCH_TINY=1, next to nothing.

Tiny, every part runs in seconds to show that it works. Its figures mean nothing.
"""

import os

TINY = os.environ.get("BENCH_TINY") == "1"


def choose_size[T](full: T, tiny: T) -> T:
    """The one that this process measures."""
    return tiny if TINY else full
