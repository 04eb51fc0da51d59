"""Answers made up for tests of exports."""

from collections.abc import Mapping, Sequence

from app.exports.answer import AnswerRows, read_answer

PLACE = {"Address": "440 Main Street", "City": "Cedar Halt", "State": "NV", "ZIP Code": "00102"}


def make_row(lat: float = 40.0, **cells: object) -> Mapping[str, object]:
    """One passing row of an answer; cells: those of its list by header, blanks as underscores."""
    told = {key.replace("_", " "): value for key, value in cells.items()}
    where = {"verdict": "pass", "minutes": 12.5, "lat": lat, "lon": -116.13}
    return {**where, "cells": {"Company Name": "Halt Dairy", **PLACE, **told}}


def make_rows(rows: Sequence[Mapping[str, object]]) -> AnswerRows:
    """The answer of those rows."""
    return read_answer({"prospects": list(rows)})
