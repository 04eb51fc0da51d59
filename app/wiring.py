"""Settings -> live parts. The only place that names backends."""

import math
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import polars as pl

from app.backends import Configured, geocoding_services, routing_service
from app.calibration import fitted
from app.computers import Rates
from app.errors import BackendFailed, BadInput, BadQuestion
from app.find import Ground, HomeBase, home_base, minute_limits, parse_point
from app.geo import places
from app.geo.engines import Driving, Engine, Estimate
from app.geo.gazetteer import Gazetteer
from app.geo.geocoders import Accuracy, Address, Cascade, Fixes, Geocoder
from app.geo.geocoding.gridpin import GridPin
from app.geo.geocoding.memory import Memory
from app.geo.matrix import Matrix, Unasked
from app.geo.online import Online, enough_for
from app.geo.points import Point
from app.geo.region import Region, Regions
from app.geo.roads import Roads
from app.geo.sender import Sender
from app.geo.services.memory import memory_of
from app.geo.serving import Server
from app.geo.valhalla import Valhalla
from app.geo.zips import ZipCodes
from app.lists.places import from_places
from app.lists.read import ListFile
from app.question import Question
from app.settings import Settings

# How far 50 minutes can be: sets the circle whose cover by the map is reported.
MILES_PER_MINUTE = 1.0
# And the largest such circle, for limits that are open.
FARTHEST_MILES = 150.0

NO_MAP = (
    "No map of this area is installed: minutes are estimated from the straight-line distance. "
    '`sweetspot region add --near "{at}" --miles 60` makes them exact.'
)
NO_ADDRESSES = (
    "No map of this area is installed: addresses are placed by their ZIP codes only. "
    '`sweetspot region add --near "{at}" --miles 60` places them exactly.'
)
COVER = (
    "The map of {region} covers {covered:.0%} of the land and sea within {circle:.0f} miles of "
    "the home base; rows that a drive might reach outside it are maybe."
)


class Parts:
    """Everything alive in this process, each made on first need and closed together.

    Safe for concurrent use. Close it, or use it as a context manager: engines it started stop.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.regions = Regions(settings.data_dir / "regions")
        self.estimate = Estimate()
        self._lock = Lock()
        self._serving: dict[str, tuple[str, Server, Valhalla]] = {}  # by region, with its digest
        self._gazetteers: dict[str, tuple[str, Gazetteer]] = {}  # the same
        self._closing = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @cached_property
    def zips(self) -> ZipCodes:
        """US ZIP codes, for addresses outside every region."""
        return ZipCodes()

    @cached_property
    def rates(self) -> Rates:
        """Computers an employee, by industry. Raises BadInput for a table that can't be used."""
        path = self.settings.computer_rates
        return Rates.load(Path(path) if path else None)

    def gazetteer(self, region: Region) -> Gazetteer:
        """The region's own address index."""
        with self._lock:
            digest, known = self._gazetteers.get(region.name, ("", None))
            if known is None or digest != region.digest:
                known = Gazetteer(region.gazetteer, region.name)
                self._gazetteers[region.name] = region.digest, known
            return known

    def engine(self, region: Region) -> Valhalla:
        """The region's drive times, from its embedded engine (started on first need)."""
        with self._lock:
            digest, server, engine = self._serving.get(region.name) or self._start(region)
            if digest != region.digest:  # rebuilt since
                server.close()
                digest, server, engine = self._start(region)
            self._serving[region.name] = digest, server, engine
            return engine

    def _start(self, region: Region) -> tuple[str, Server, Valhalla]:
        settings = self.settings
        server = Server(
            region.tiles,
            settings.data_dir / "run" / f"{region.folder.name}-{region.digest[:12]}",
            start_s=settings.engine_start_s,
            timeout_s=settings.engine_timeout_s,
        )
        engine = Valhalla(
            server.send,
            Roads.load(region.roads),
            name=f"valhalla {region.engine_version}",
            covers=region.covers,
            cache=settings.data_dir / "reaches" / region.folder.name,
            cache_mb=settings.reach_cache_mb,
            region_digest=region.digest,
        )
        return region.digest, server, engine

    def places(self, region_name: str) -> pl.DataFrame:
        """The named businesses of an installed region. Raises BadQuestion for "" (no map)."""
        if not region_name:
            raise BadQuestion(
                "no map covers the home base, so no places are known there: add one with "
                "`sweetspot region add`, or give a list",
                field="home",
            )
        return places.load(self.regions.get(region_name).places)

    def prospects(self, ground: Ground) -> ListFile:
        """The places of the ground's region as a list. Raises BadQuestion where there is no map."""
        return from_places(self.places(ground.region))

    @cached_property
    def service(self) -> Matrix | None:
        """The routing service that was configured; None for the embedded engine.

        Raises BadQuestion naming the setting that is missing.
        """
        settings = self.settings
        if settings.engine == "embedded":
            return None
        made = routing_service(settings)
        host = urlsplit(made.url).hostname or ""
        sender = Sender(made.name, frozenset({host}), timeout_s=settings.engine_timeout_s)
        self._closing.callback(sender.close)
        kept = memory_of(made, settings.data_dir / "drives", settings.engine_keep_days)
        return Matrix(made, sender.send, kept)

    @cached_property
    def memory(self) -> Memory:
        """What geocoding services said before, and how often they were asked."""
        made = Memory(self.settings.data_dir / "geocoders.sqlite")
        self._closing.callback(made.close)
        return made

    @cached_property
    def _geocoding(self) -> Sequence[Configured]:
        if not self.settings.geocoders:
            return []
        return geocoding_services(self.settings, self.memory, self._closing)

    def online(self, *, allow_bulk: bool = False, dry: bool = False) -> list[Online]:
        """The configured geocoding services, in their order, with the budgets of one run."""
        return [
            Online(
                one.service, self.memory, one.budget, key=one.key, allow_bulk=allow_bulk, dry=dry
            )
            for one in self._geocoding
        ]

    def engine_at(self, home: Point) -> Engine:
        """The engine that answers from that point."""
        return self._engine_for(self.region_for(home))

    def traffic(self, asked: float | str) -> float:
        """The factor asked for; "fitted" is the one that was fitted. Raises BadQuestion."""
        return fitted(self.settings.data_dir) if asked == "fitted" else float(asked)

    def _engine_for(self, region: Region | None, *, dry: bool = False) -> Engine:
        if self.service:
            return Unasked(self.service) if dry else self.service
        return self.engine(region) if region else self.estimate

    def close(self) -> None:
        """Stop what was started."""
        self._closing.close()
        with self._lock:
            for _, server, _ in self._serving.values():
                server.close()
            self._serving.clear()
            self._gazetteers.clear()

    def geocoder(self, region: Region | None) -> Geocoder:
        """The region's gazetteer first, then ZIP codes for what it does not know.

        GridPin, where its file is configured, for what the gazetteer does not know to the street.
        """
        known = [self.gazetteer(region)] if region else []
        if self.settings.gridpin:
            return Cascade([Cascade([*known, self.gridpin], enough=Accuracy.STREET), self.zips])
        return Cascade([*known, self.zips])

    @cached_property
    def gridpin(self) -> GridPin:
        """The country file that is configured. Raises BadQuestion where it can't be used."""
        return GridPin(self.settings.gridpin)

    def home(
        self, text: str, region: Region | None = None, online: Sequence[Geocoder] = ()
    ) -> HomeBase:
        """The home base, by the given region's gazetteer or by every installed one's.

        A service among `online` is asked only where ours don't know the street.
        """
        if parse_point(text) is not None:
            return home_base(text, [])
        return home_base(text, [*self._embedded([region] if region else None), *online])

    def _embedded(self, regions: Sequence[Region] | None = None) -> list[Geocoder]:
        """Our own geocoders over those regions, or over all, one after the other."""
        found: list[Geocoder] = [self.gazetteer(r) for r in regions or self.regions.all()]
        return [*found, *([self.gridpin] if self.settings.gridpin else []), self.zips]

    def region_for(self, home: Point, name: str = "") -> Region | None:
        """The named region, else the installed one that covers the home base.

        Raises NoSuchRegion, or BadQuestion when the named one does not reach the home base.
        """
        if not name:
            return self.regions.covering(home)
        region = self.regions.get(name)
        if not region.covers_point(home):
            raise BadQuestion(
                f"region {name!r} does not reach the home base at "
                f"{home.lat:.5f}, {home.lon:.5f}; leave the region out to let it be chosen, "
                "or see `sweetspot region list`",
                field="region",
            )
        return region

    def ground(self, home_text: str, question: Question, region_name: str = "") -> Ground:
        """The parts that answer a question from one home base."""
        self._check_minutes(minute_limits(question.spot))
        named = self.regions.get(region_name) if region_name else None
        online = self.online(allow_bulk=question.allow_bulk, dry=question.dry_run)
        home = self.home(home_text, named, online)
        region = self.region_for(home.at, region_name)
        if region is None:
            return self._without_map(home, online, question)
        circle = _circle_miles(question)
        covered = region.covered_share(home.at, circle)
        return Ground(
            home,
            self.geocoder(region),
            self._engine_for(region, dry=question.dry_run),
            region=region.name,
            attribution=region.attribution,
            covered=covered,
            circle_miles=circle,
            notes=[] if self.service else _cover_notes(region.name, covered, circle),
            rates=self.rates,
            price=self.settings.engine_price,
            online=online,
        )

    def ground_if_any(
        self, home_text: str, question: Question, region_name: str = ""
    ) -> Ground | None:
        """`ground`, None without a home base. Raises BadQuestion for a region without one."""
        if home_text:
            return self.ground(home_text, question, region_name)
        if region_name:
            raise BadQuestion("region: it needs a home base to drive from", field="region")
        return None

    def _check_minutes(self, limits: Sequence[float]) -> None:
        longest = self.settings.longest_minutes
        for limit in limits:
            if not 0 < limit <= longest:
                raise BadQuestion(
                    f"minutes {limit:g}: expected more than 0 and at most {longest:g}, the longest "
                    "drive looked for (SWEETSPOT_LONGEST_MINUTES)",
                    field="minutes",
                )

    def candidates(
        self, address: str, k: int, region_name: str = "", online: Sequence[Geocoder] = ()
    ) -> Fixes:
        """Up to k places an address may mean, best first, by the first geocoder that knows it.

        `online`: services that are asked too, where ours don't know the street. One that fails is
        passed over; where nobody else finds anything, that is raised.
        """
        named = [self.regions.get(region_name)] if region_name else None
        found = [one.candidates(Address(address), k) for one in self._embedded(named)]
        failed: BackendFailed | None = None
        for service in online:
            if max(map(_best, found)) >= enough_for(Address(address)):
                break
            try:
                found.append(service.candidates(Address(address), k))
            except BackendFailed as why:
                failed = why
        if failed and not max(map(len, found)):
            raise failed
        return max(found, key=_best)

    def shape(
        self, home_text: str, minutes: Sequence[float], how: Driving, region_name: str = ""
    ) -> Mapping[str, Any]:
        """GeoJSON of what lies within so many minutes, from the region's engine.

        Raises BadQuestion for minutes that are none or longer than may be asked for.
        """
        self._check_minutes(minutes)
        named = self.regions.get(region_name) if region_name else None
        home = self.home(home_text, named, self.online())
        region = self.region_for(home.at, region_name)
        return self._engine_for(region).shape(home.at, minutes, how)

    def tile(self, z: int, x: int, y: int, region_name: str = "") -> bytes:
        """The roads of one map tile; empty where no region has any.

        Without a name, the first region whose bounds touch the tile draws it.
        """
        name = region_name or self._region_at(z, x, y)
        return self.engine(self.regions.get(name)).tile(z, x, y) if name else b""

    def _region_at(self, z: int, x: int, y: int) -> str:
        west, south, east, north = tile_bounds(z, x, y)
        for region in self.regions.all():
            w, s, e, n = region.bounds
            if w <= east and e >= west and s <= north and n >= south:
                return region.name
        return ""

    def _without_map(self, home: HomeBase, online: Sequence[Online], question: Question) -> Ground:
        note = NO_ADDRESSES if self.service else NO_MAP
        return Ground(
            home,
            self.geocoder(None),
            self._engine_for(None, dry=question.dry_run),
            notes=[note.format(at=f"{home.at.lat:.4f},{home.at.lon:.4f}")],
            rates=self.rates,
            price=self.settings.engine_price,
            online=online,
        )


def _best(fixes: Fixes) -> int:
    return int(fixes.accuracy[0]) if len(fixes) else 0


def tile_bounds(z: int, x: int, y: int) -> tuple[float, float, float, float]:
    """West, south, east, north of a Web Mercator tile, degrees. Raises BadInput if none."""
    tiles = 2**z
    if x >= tiles or y >= tiles:
        raise BadInput(f"no tile {z}/{x}/{y}: x and y go from 0 to {tiles - 1} at zoom {z}")

    def lat(row: int) -> float:
        return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / tiles))))

    return x / tiles * 360 - 180, lat(y + 1), (x + 1) / tiles * 360 - 180, lat(y)


def _circle_miles(question: Question) -> float:
    """The radius within which prospects could pass, in miles."""
    spot = question.spot
    if spot.miles is not None:
        return min(spot.miles[1], FARTHEST_MILES)
    minutes = spot.minutes[1] if spot.minutes else 50.0
    return min(minutes * MILES_PER_MINUTE, FARTHEST_MILES)


def _cover_notes(region: str, covered: float, circle: float) -> list[str]:
    if covered > 0.995:
        return []
    return [COVER.format(region=region, covered=covered, circle=circle)]
