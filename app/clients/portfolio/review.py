"""The whole answer about the firm's clients: who pays, what the best share, whom to look for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from app.businesses import industries
from app.businesses.prospects import Prospects
from app.clients.portfolio.niches import Niche, find_niches
from app.clients.portfolio.ranking import (
    Portfolio,
    answer_questions,
    client_frame,
    client_rows,
    clients_in_order,
    rank_clients,
    ranking_notes,
)
from app.clients.portfolio.suggestion import back_test, suggest_spot
from app.clients.portfolio.traits import Trait, find_traits
from app.clients.roster import Clients
from app.clients.travel import drive_to_clients, ground_notes
from app.find.ground import Ground
from app.find.locating import locate_prospects
from app.find.options import SpotOptions
from app.find.pipeline import Pipeline, minute_limits
from app.find.question import Question
from app.geo.driving.engine import Driving
from app.geo.geocoding.geocoder import Fixes
from app.lists.places import from_places
from app.lists.read import ListFile
from app.lists.write import shown_numbers
from app.sweetspot.criteria import SweetSpot, Verdict


@dataclass(frozen=True)
class ReviewQuestion:
    """How the clients are looked at.

    spot: the sweet spot to test. background: the firm's own industries, as NAICS codes or words.
    prospects: batches of prospects by source, to count those of each niche within reach.
    """

    spot: SweetSpot = field(default_factory=SweetSpot)
    how: Driving = field(default_factory=Driving)
    background: Sequence[str] = ()
    prospects: Mapping[str, Iterable[Prospects]] = field(default_factory=dict)


def niche_sources(ground: Ground | None, listed: ListFile | None) -> dict[str, Iterable[Prospects]]:
    """Where the prospects of each niche are counted: the list that was given, and the map.

    Not the map where drives are asked of a service: it would be asked for every business there is.
    """
    sources: dict[str, Iterable[Prospects]] = {}
    if listed is not None:
        sources["the list"] = listed.batches()
    if ground and ground.region and not ground.engine.metered:
        sources["the region's places"] = from_places(ground.load_businesses()).batches()
    return sources


@dataclass(frozen=True)
class Review:
    """Everything found out. `suggested`: limits as `find` takes them."""

    portfolio: Portfolio
    fixes: Fixes
    traits: Sequence[Trait]
    niches: Sequence[Niche]
    suggested: Mapping[str, Any]
    back_test: Mapping[str, Any]
    notes: Sequence[str]

    def document(self) -> dict[str, Any]:
        """All of it as JSON."""
        return {
            "clients": client_rows(self.portfolio),
            "answers": answer_questions(self.portfolio),
            "traits": [trait.row() for trait in self.traits],
            "niches": [niche.row() for niche in self.niches],
            "suggested_sweet_spot": dict(self.suggested),
            "back_test": dict(self.back_test),
            "notes": list(self.notes),
        }

    def frame(self) -> pl.DataFrame:
        """The clients in columns, see `client_frame`, with the degrees they were placed at."""
        at = clients_in_order(self.portfolio)
        return client_frame(self.portfolio).with_columns(
            shown_numbers(self.fixes.at.lat[at], 6).alias("lat"),
            shown_numbers(self.fixes.at.lon[at], 6).alias("lon"),
        )

    def cells(self) -> pl.DataFrame:
        """The cells of the same rows as they were read."""
        return self.portfolio.clients.who.cells[clients_in_order(self.portfolio)]

    def tables(self) -> dict[str, pl.DataFrame]:
        """The sheets beside the clients: answers, traits, niches, back test, notes."""
        tested = [
            {
                "name": one["name"],
                "rank": one["rank"],
                **{
                    f"{name}_{key}": "; ".join(value) if key == "reasons" else value
                    for name in self.back_test["kept"]
                    for key, value in one[name].items()
                },
            }
            for one in self.back_test["clients"]
        ]
        sheets = {
            "answers": _flat(answer_questions(self.portfolio)),
            "traits": [trait.row() for trait in self.traits],
            "niches": _flat(niche.row() for niche in self.niches),
            "back test": tested,
            "notes": [{"note": note} for note in self.notes],
        }
        return {name: pl.DataFrame(each, infer_schema_length=None) for name, each in sheets.items()}


def _flat(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Lists and objects inside a row as text, for a sheet's cells."""

    def text(value: Any) -> Any:
        match value:
            case list():
                return "; ".join(
                    " ".join(map(str, v.values())) if isinstance(v, dict) else str(v) for v in value
                )
            case dict():
                return "; ".join(f"{key} {one}" for key, one in value.items())
        return value

    return [{key: text(value) for key, value in row.items()} for row in rows]


def review_clients(clients: Clients, ground: Ground | None, asking: ReviewQuestion) -> Review:
    """Who pays the bills, what the best have in common, what to look for.

    Without a ground (no home base) nothing is said of distance, and no sweet spot is judged by it.
    """
    gone = drive_to_clients(clients, ground, asking.how, minute_limits(asking.spot))
    found = rank_clients(clients, gone.minutes)
    codes = industries.read_codes(clients.who.industry)
    common = find_traits(found, codes)
    limits, limit_notes = suggest_spot(found)
    asked = {"asked": asking.spot, "suggested": SpotOptions(**limits).spot()}
    spots = {
        name: spot if ground else replace(spot, minutes=None, miles=None)
        for name, spot in asked.items()
    }
    tested = back_test(found, spots, gone, asking.how.traffic)
    within = {
        source: [code for batch in batches for code in _within(batch, ground, asking)]
        for source, batches in asking.prospects.items()
    }
    return Review(
        portfolio=found,
        fixes=gone.fixes,
        traits=common,
        niches=find_niches(found, codes, common, asking.background, within),
        suggested=limits,
        back_test=tested,
        notes=[
            *ground_notes(ground),
            *gone.notes,
            *ranking_notes(found),
            *limit_notes,
            *clients.notes,
        ],
    )


def _within(batch: Prospects, ground: Ground | None, asking: ReviewQuestion) -> list[str]:
    """The industries of the prospects within reach (of all, without a home base)."""
    codes = industries.read_codes(batch.industry)
    if ground is None:
        return codes
    spot = asking.spot
    near = SweetSpot(spot.minutes, spot.miles, computers=None, employees=None, sales=None)
    pipeline = Pipeline(ground, Question(near, asking.how), frozenset())
    judged = pipeline.judge(batch, locate_prospects(batch, ground))
    return [
        code for code, verdict in zip(codes, judged.verdict, strict=True) if verdict == Verdict.PASS
    ]
