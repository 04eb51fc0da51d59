"""The words of columns that options take as well, for which nothing heavy is imported."""

from typing import Literal

type OutcomeKind = Literal["mailed", "called", "answered", "client", "do_not_contact"]
type SuppressionSource = Literal["clients", "do_not_contact", "domains", "mailed", "file"]
