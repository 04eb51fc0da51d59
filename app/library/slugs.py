"""What lists are called in commands and addresses."""

import re
import unicodedata

from app.errors import BadQuestion

LONGEST_NAME = 100


def slug_of(name: str) -> str:
    """Of "Oahu spring" it is "oahu-spring". Raises BadQuestion where nothing would be left."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = "-".join(re.findall(r"[a-z0-9]+", plain))[:LONGEST_NAME].strip("-")
    if not slug or len(name) > LONGEST_NAME:
        raise BadQuestion(
            f"name {name[:LONGEST_NAME]!r}: expected at most {LONGEST_NAME} characters, a letter "
            "or digit among them",
            field="name",
        )
    return slug


def are_slugs(text: str) -> bool:
    """Whether it may name lists that are stored: slugs, with commas between."""
    return bool(re.fullmatch(r"[a-z0-9]+(?:[-,][a-z0-9]+)*", text))
