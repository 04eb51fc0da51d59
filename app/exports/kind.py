"""What an export is: what it is called, which rows it can use, and who writes it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from app.exports.answer import AnswerRows
from app.exports.options import ChoiceOptions, ExportOptions
from app.find.defining import Options
from app.find.ground import Ground
from app.lists.opt_outs import Channel

type TellRows = Callable[[int], None]  # how many rows are done


@dataclass(frozen=True)
class ExportWork:
    """One file to be written.

    rows: those that are taken, in order. target: the file, in a folder of its own; whatever else is
    written there beside it is taken along, to the folder `beside`. template: the user's own
    document, where one was given.
    ground_at: what answers from that home base in that region ("" where it is to be chosen).
    """

    rows: AnswerRows
    asked: ExportOptions
    target: Path
    ground_at: Callable[[str, str], Ground]
    template: Path | None = None
    progress: TellRows = lambda _: None
    beside: Path = Path()


@dataclass(frozen=True)
class Written:
    """What is to be known of a file. left_out: rows that it could not hold, and why."""

    notes: Sequence[str] = ()
    left_out: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ExportKind:
    """One kind of export.

    suffixes: of the files that it writes; the first where nothing says which. channel: by what it
    reaches people, who may have opted out of it. takes: the models
    whose options it takes, beside those of all kinds. lacks: why it can't use a row of
    `recipients`, one text for each, "" where it can. Raises of `write`: BadQuestion, naming the
    option; BadInput; NoRoom.
    """

    name: str
    suffixes: Sequence[str]
    channel: Channel
    write: Callable[[ExportWork], Written]
    takes: Sequence[type[Options]] = ()
    lacks: Callable[[pl.DataFrame], pl.Series] = lambda rows: pl.repeat(
        "", rows.height, dtype=pl.String, eager=True
    )
    templated: bool = False  # a document of the user's own may be given

    @property
    def options(self) -> frozenset[str]:
        """The names of the options that it takes."""
        models: tuple[type[Options], ...] = (ChoiceOptions, *self.takes)
        return frozenset(name for model in models for name in model.model_fields)


def lacks_mail(recipients: pl.DataFrame) -> pl.Series:
    """Where there is nobody to print, no street or box, or no town or postcode."""
    nobody = (pl.col("name") == "") & (pl.col("attention") == "")
    no_line = pl.col("line_1") == ""
    no_town = (pl.col("city") == "") & (pl.col("zip") == "")
    return recipients.select(
        pl.when(nobody)
        .then(pl.lit("neither a name nor a person for mail"))
        .when(no_line)
        .then(pl.lit("no street or box for mail"))
        .when(no_town)
        .then(pl.lit("no town or ZIP code for mail"))
        .otherwise(pl.lit(""))
    ).to_series()
