"""Settings -> live parts. The only place that names backends."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import NamedTemporaryFile
from threading import Lock
from typing import Any, Self
from urllib.parse import urlsplit

import polars as pl

from app.businesses.computers import Rates
from app.errors import BackendFailed, BadQuestion, UnreadableRegion
from app.find.ground import Ground
from app.find.pipeline import minute_limits
from app.find.question import Question
from app.find.traffic import fitted_factor
from app.folders import writing_to
from app.geo.addresses.address import Address
from app.geo.cache import once
from app.geo.driving.embedded.valhalla import Valhalla
from app.geo.driving.engine import Driving, Engine
from app.geo.driving.estimate import EstimateEngine
from app.geo.driving.services.cache import open_drive_cache
from app.geo.driving.services.service_engine import DryRunEngine, ServiceEngine
from app.geo.geocoding.cascade import Cascade, enough_for
from app.geo.geocoding.gazetteer.gazetteer import Gazetteer
from app.geo.geocoding.geocoder import Accuracy, Fixes, Geocoder
from app.geo.geocoding.gridpin import GridPin
from app.geo.geocoding.home_base import HomeBase, locate_home_base, parse_point
from app.geo.geocoding.services.cache import GeocodeCache
from app.geo.geocoding.services.service_geocoder import ServiceGeocoder
from app.geo.geocoding.zips.zip_codes import ZipGeocoder
from app.geo.http.sender import Sender
from app.geo.points import Point
from app.geo.regions.region import Region, Regions, Unreadable
from app.lists.places import from_places
from app.lists.read import ListFile
from app.settings import Settings
from app.wiring.installed import Installed
from app.wiring.maps import tile_region
from app.wiring.services import Configured, geocoding_services, routing_service

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
    """Everything alive in this process, each made on first need, once, and closed together.

    Safe for threads; what each part shares and how is said where it is made. Close it, or use it
    as a context manager: engines it started stop.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.regions = Regions(*settings.region_folders)
        self.estimate = EstimateEngine()
        self._lock = Lock()
        self._installed: dict[str, Installed] = {}  # by the region's name, in its last version
        self._closing = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @once
    def zips(self) -> ZipGeocoder:
        """US ZIP codes, for addresses outside every region."""
        return ZipGeocoder()

    @once
    def rates(self) -> Rates:
        """Computers an employee, by industry. Raises BadInput for a table that can't be used."""
        path = self.settings.computer_rates
        return Rates.load(Path(path) if path else None)

    def gazetteer(self, region: Region) -> Gazetteer:
        """The region's own address index."""
        return self._parts_of(region).gazetteer

    def engine(self, region: Region) -> Valhalla:
        """The region's drive times, from its embedded engine (started on first need)."""
        return self._parts_of(region).engine

    def _parts_of(self, region: Region) -> Installed:
        """Those of that very version, which may have been replaced since a question began."""
        with self._lock:
            known = self._installed.get(region.name)
            if known is not None and known.region is region:
                return known
            made = Installed(region, self.settings)
            if region.is_current:
                self._installed[region.name] = made
            return made

    def places(self, ground: Ground) -> pl.DataFrame:
        """The named businesses of the ground's region. Raises BadQuestion where there is no map."""
        if ground.region is None:
            old = "".join(f"; {one.problem}" for one in self._unreadable(ground.home.at))
            raise BadQuestion(
                "no map covers the home base, so no places are known there: add one with "
                f"`sweetspot region add`, or give a list{old}",
                field="home",
            )
        return self._parts_of(ground.region).load_places()

    def prospects(self, ground: Ground) -> ListFile:
        """The places of the ground's region as a list. Raises BadQuestion where there is no map."""
        return from_places(self.places(ground))

    def _unreadable(self, home: Point) -> list[Unreadable]:
        """Regions of another version, or damaged, that may hold the home base."""
        return [one for one in self.regions.unreadable() if one.may_cover(home)]

    @once
    def service(self) -> ServiceEngine | None:
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
        kept = open_drive_cache(made, settings.data_dir / "drives", settings.engine_keep_days)
        return ServiceEngine(made, sender.send, kept)

    @once
    def memory(self) -> GeocodeCache:
        """What geocoding services said before, and how often they were asked."""
        made = GeocodeCache(self.settings.data_dir / "geocoders.sqlite")
        self._closing.callback(made.close)
        return made

    @once
    def _geocoding(self) -> Sequence[Configured]:
        if not self.settings.geocoders:
            return []
        return geocoding_services(self.settings, self.memory, self._closing)

    def online(self, *, allow_bulk: bool = False, dry: bool = False) -> list[ServiceGeocoder]:
        """The configured geocoding services, in their order, with the budgets of one run."""
        return [
            ServiceGeocoder(
                one.service, self.memory, one.budget, key=one.key, allow_bulk=allow_bulk, dry=dry
            )
            for one in self._geocoding
        ]

    def check(self) -> int:
        """How many regions can be used, where everything can be done that may be asked for.

        Raises StorageFailed where the data folder or the temporary folder can't be written to,
        UnreadableRegion where an installed region is of another version or damaged.
        """
        data = self.settings.data_dir
        with writing_to(data):
            data.mkdir(parents=True, exist_ok=True)
            NamedTemporaryFile(dir=data, prefix=".sweetspot-").close()
        with writing_to():
            NamedTemporaryFile(prefix="sweetspot-").close()
        broken = self.regions.unreadable()
        if broken:
            raise UnreadableRegion(broken[0].problem)
        return len(self.regions.all())

    def engine_at(self, home: Point) -> Engine:
        """The engine that answers from that point."""
        return self._engine_for(self.region_for(home))

    def traffic(self, asked: float | str) -> float:
        """The factor asked for; "fitted" is the one that was fitted. Raises BadQuestion."""
        return fitted_factor(self.settings.data_dir) if asked == "fitted" else float(asked)

    def _engine_for(self, region: Region | None, *, dry: bool = False) -> Engine:
        if self.service:
            return DryRunEngine(self.service) if dry else self.service
        return self.engine(region) if region else self.estimate

    def close(self) -> None:
        """Stop what was started."""
        self._closing.close()
        with self._lock:
            for one in self._installed.values():
                one.close()
            self._installed.clear()

    def geocoder(self, region: Region | None) -> Geocoder:
        """The region's gazetteer first, then ZIP codes for what it does not know.

        GridPin, where its file is configured, for what the gazetteer does not know to the street.
        """
        known = [self.gazetteer(region)] if region else []
        if self.settings.gridpin:
            return Cascade([Cascade([*known, self.gridpin], enough=Accuracy.STREET), self.zips])
        return Cascade([*known, self.zips])

    @once
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
            return locate_home_base(text, [])
        return locate_home_base(text, [*self._embedded([region] if region else None), *online])

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
        old = [one.problem for one in self._unreadable(home.at)]
        if region is None:
            return self._without_map(home, online, question, old)
        old += self.regions.former_notes([region])
        circle = _circle_miles(question)
        covered = region.covered_share(home.at, circle)
        return Ground(
            home,
            self.geocoder(region),
            self._engine_for(region, dry=question.dry_run),
            region=region,
            covered=covered,
            notes=old + ([] if self.service else _cover_notes(region.name, covered, circle)),
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
        drawn = self._engine_for(region).shape(home.at, minutes, how)
        old = [one.problem for one in self._unreadable(home.at)]
        return {**drawn, "notes": old} if old else drawn

    def tile(self, z: int, x: int, y: int, region_name: str = "") -> bytes:
        """The roads of one map tile; empty where no region has any.

        Without a name, the first region whose bounds touch the tile draws it. Raises
        UnreadableRegion where only one does that can't be used.
        """
        region = (
            self.regions.get(region_name) if region_name else tile_region(self.regions, z, x, y)
        )
        return self.engine(region).tile(z, x, y) if region else b""

    def _without_map(
        self,
        home: HomeBase,
        online: Sequence[ServiceGeocoder],
        question: Question,
        old: Sequence[str],
    ) -> Ground:
        note = NO_ADDRESSES if self.service else NO_MAP
        return Ground(
            home,
            self.geocoder(None),
            self._engine_for(None, dry=question.dry_run),
            notes=[*old, note.format(at=f"{home.at.lat:.4f},{home.at.lon:.4f}")],
            rates=self.rates,
            price=self.settings.engine_price,
            online=online,
        )


def _best(fixes: Fixes) -> int:
    return int(fixes.accuracy[0]) if len(fixes) else 0


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
