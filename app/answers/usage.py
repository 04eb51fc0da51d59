"""What services were asked for an answer, what that costs, and what failed."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from app.find.ground import Ground
from app.geo.driving.engine import Drives
from app.geo.geocoding.geocoder import GeocoderUse
from app.text import count_words

ADDRESSES = ("address", "addresses")


@dataclass(frozen=True)
class Use:
    """How many drives a metered engine was asked for, how many it was spared, and what failed.

    odd: what is odd about its answers.
    """

    asked: int = 0
    saved: int = 0
    failed: str = ""
    odd: str = ""

    def plus(self, drives: Drives) -> "Use":
        """One batch more."""
        return Use(
            self.asked + drives.asked,
            self.saved + drives.saved,
            self.failed or drives.failed,
            self.odd or drives.odd,
        )

    def usd(self, ground: Ground) -> float:
        """What was asked for, at the price that was configured."""
        return round(self.asked * ground.usd_per_1000 / 1000, 4)

    def meta(self, ground: Ground) -> dict[str, Any]:
        """As JSON; nothing for an engine that is not metered."""
        if not ground.engine.metered:
            return {}
        usd = self.usd(ground) if ground.usd_per_1000 else None
        return {"engine_use": {"asked": self.asked, "saved": self.saved, "usd": usd}}

    def notes(self, ground: Ground, dry: bool = False) -> Iterator[str]:
        """For people. `dry`: nothing was asked."""
        if not ground.engine.metered:
            return
        at, drives = ground.usd_per_1000, count_words(self.asked, "drive")
        price = f", ${self.usd(ground):,.2f} at ${at:g} for 1,000" if at else ""
        if dry:
            yield (
                "Nothing was asked: minutes are estimated, the verdicts preliminary. "
                f"{ground.engine.name} would be asked for {drives}{price}."
            )
            return
        yield (
            f"{ground.engine.name} was asked for {drives}{price}; {self.saved:,} more needed no "
            "asking."
        )
        if self.failed:
            yield (
                f"{ground.engine.name} failed in part ({self.failed}): drives it did not answer "
                "are unknown, those rows maybe; ask again for the rest."
            )
        if self.odd:
            yield f"{self.odd}."


def geocoders_meta(ground: Ground) -> dict[str, Any]:
    """What the geocoding services were asked, as JSON; nothing where none is configured."""
    if not ground.online:
        return {}
    return {
        "geocoder_use": [
            {
                "name": use.name,
                "asked": use.asked,
                "calls": use.calls,
                "found": use.found,
                "kept": use.kept,
                "unasked": use.unasked,
                "lost": use.lost,
                "usd": use.usd if use.price else None,
            }
            for use in (one.use for one in ground.online)
        ]
    }


def geocoder_notes(ground: Ground, dry: bool) -> Iterator[str]:
    """The same for people."""
    for use in (one.use for one in ground.online):
        price = f", ${use.usd:,.2f} at ${use.price:g} for 1,000" if use.price else ""
        calls = f" in {count_words(use.calls, 'request')}" if use.calls < use.asked else ""
        kept = f"; {_recalled(use)}" if use.kept else ""
        many = f"{count_words(use.asked, *ADDRESSES)}{calls}{price}"
        if dry:
            yield f"{use.name} would be asked for at most {many}{kept}."
        elif use.asked:
            yield f"{use.name} was asked for {many} and placed {use.found:,}{kept}."
        elif use.kept:
            yield f"{use.name} needed no asking: {_recalled(use)}."
        if use.unasked:
            over = count_words(use.unasked, *ADDRESSES)
            yield f"{use.name}: not asked for {over}, over its budget."
        if use.failed:
            yield (
                f"{use.name} failed ({use.failed}): no answer of it for "
                f"{count_words(use.lost, *ADDRESSES)}, whose rows are as they were; ask again."
            )
        if use.bulk:
            yield f"{use.bulk}."


def _recalled(use: GeocoderUse) -> str:
    return f"{count_words(use.kept, 'answer')} kept from before"
