"""Words for people."""


def count_words(n: int, one: str, many: str = "") -> str:
    """So many of them: "1 address", "2,000 addresses"; `many` where it is not `one` with an s."""
    return f"{n:,} {one if n == 1 else many or f'{one}s'}"
