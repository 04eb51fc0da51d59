"""What every model of an answer has in common."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.config import JsonDict

EXAMPLES = Path(__file__).parent / "examples"


class ExactModel(BaseModel):
    """It has these keys and no others."""

    model_config = ConfigDict(extra="forbid")


def load_example(name: str) -> Any:
    """A real answer of the sample county, see tests/answers."""
    return json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))


def shown_by(name: str) -> Callable[[JsonDict], None]:
    """Puts the example of that name into a model's schema, once somebody asks for the schema."""

    def add(schema: JsonDict) -> None:
        schema["examples"] = [load_example(name)]

    return add
