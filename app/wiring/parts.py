"""Settings -> live parts. The only place that names backends."""

from collections.abc import Sequence
from contextlib import ExitStack
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from tempfile import NamedTemporaryFile
from threading import Lock
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from app.businesses.computers import Rates
from app.errors import UnreadableRegion
from app.folders import writing_to
from app.geo.cache import MemoryCache, once
from app.geo.driving.embedded.valhalla import Valhalla
from app.geo.driving.engine import Arrive, Engine, keep_points
from app.geo.driving.estimate import EstimateEngine
from app.geo.driving.services.cache import open_drive_cache
from app.geo.driving.services.service_engine import DryRunEngine, ServiceEngine
from app.geo.geocoding.cascade import Cascade
from app.geo.geocoding.gazetteer.gazetteer import Gazetteer
from app.geo.geocoding.geocoder import Accuracy, Geocoder
from app.geo.geocoding.gridpin import GridPin
from app.geo.geocoding.services.cache import GeocodeCache
from app.geo.geocoding.services.service_geocoder import ServiceGeocoder
from app.geo.geocoding.zips.zip_codes import ZipGeocoder
from app.geo.http.sender import Sender
from app.geo.regions.region import Region
from app.geo.regions.regions import Regions
from app.settings import Settings
from app.wiring.ahead import LookAhead
from app.wiring.installed import Installed

if TYPE_CHECKING:  # what a question of a file does without is loaded when it is asked for
    from app.answers.stored import ListsAnswer
    from app.jobs.queue import JobQueue
    from app.library.library import Library
    from app.library.marks import Marks
    from app.library.suppressions import Suppressions
    from app.store.database import Database
    from app.store.key_ring import KeyRing
    from app.store.row_store import RowStore
    from app.wiring.services import Configured

# Rows of stored lists whose verdicts are kept, some 60 bytes each. Judgement: as many as of lists.
ANSWERED = 2_000_000


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
        self._numbers: dict[int, int] = {}  # of each tenant's marks, as they were asked for last

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

    @once
    def rows(self) -> "RowStore":
        """Where the rows of stored lists lie. Raises BadInput naming a setting."""
        from app.store.row_store import open_row_store

        settings, data = self.settings, self.settings.data_dir
        copies = data / "row-copies"
        return open_row_store(
            settings.rows_url,
            settings.rows_endpoint,
            data / "lists",
            copies,
            settings.rows_cache_mb,
        )

    def gazetteer(self, region: Region) -> Gazetteer:
        """The region's own address index."""
        return self.installed(region).gazetteer

    def engine(self, region: Region) -> Valhalla:
        """The region's drive times, from its embedded engine (started on first need)."""
        return self.installed(region).engine

    def installed(self, region: Region) -> Installed:
        """What answers from that very version, which may have been replaced meanwhile."""
        with self._lock:
            known = self._installed.get(region.name)
            if known is not None and known.region is region:
                return known
            made = Installed(region, self.settings, self.zips.is_shared)
            if region.is_current:
                self._installed[region.name] = made
            return made

    @once
    def service(self) -> ServiceEngine | None:
        """The routing service that was configured; None for the embedded engine.

        Raises BadQuestion naming the setting that is missing.
        """
        settings = self.settings
        if settings.engine == "embedded":
            return None
        from app.wiring.services import routing_service

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
    def database(self) -> "Database":
        """What the service remembers, its tables up to date.

        Raises StorageFailed where it can't be used, BadQuestion naming the setting.
        """
        from app.store.database import open_database

        url = self.settings.database_url.get_secret_value()
        made = open_database(url, self.settings.data_dir)
        self._closing.callback(made.close)
        made.migrate()
        return made

    @once
    def library(self) -> "Library":
        """The lists that are stored here. Raises as `database` and `rows` do."""
        from app.library.library import Library

        return Library(self.database, self.rows)

    @once
    def answers(self) -> "MemoryCache[ListsAnswer]":
        """What was answered of stored lists, the last ones."""
        return MemoryCache(ANSWERED)

    @once
    def ahead(self) -> LookAhead:
        """Who asks for what the next question will need."""
        made = LookAhead()
        self._closing.callback(made.close)
        return made

    @once
    def jobs(self) -> "JobQueue":
        """Long works, as the database has them. Raises as `database` does."""
        from app.jobs.queue import JobQueue

        return JobQueue(self.database)

    @once
    def suppressions(self) -> "Suppressions":
        """Whom questions of stored lists leave out. Raises as `library` does."""
        from app.library.suppressions import Suppressions

        return Suppressions(self.library)

    @once
    def marks(self) -> "Marks":
        """What is known of the lists' rows besides themselves. Raises as `library` does."""
        from app.library.marks import Marks

        return Marks(self.library, self.suppressions)

    def forget_deleted(self, tenant_id: int, number: int) -> None:
        """Have nothing in memory of lists that were deleted, by whichever process.

        Looked for once a number of the tenant's marks, which goes up with each; see `Marks`.
        """
        if self._numbers.get(tenant_id) == number:
            return
        here = self.library.list_ids()
        self.library.forget_all_but(here)
        self.marks.forget_all_but(here)
        self.answers.drop_where(lambda _, answer: not answer.list_ids <= here)
        self._numbers[tenant_id] = number

    @once
    def keys(self) -> "KeyRing":
        """The API keys that let in."""
        from app.store.key_ring import KeyRing

        return KeyRing(self.database)

    @once
    def _geocoding(self) -> "Sequence[Configured]":
        if not self.settings.geocoders:
            return []
        from app.wiring.services import geocoding_services

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

        Raises StorageFailed where the data folder or the temporary folder can't be written to or
        the database does not answer, UnreadableRegion where an installed region is of another
        version or damaged.
        """
        data = self.settings.data_dir
        with writing_to(data):
            data.mkdir(parents=True, exist_ok=True)
            NamedTemporaryFile(dir=data, prefix=".sweetspot-").close()
        with writing_to():
            NamedTemporaryFile(prefix="sweetspot-").close()
        self.database.read_clock()
        broken = self.regions.unreadable()
        if broken:
            raise UnreadableRegion(broken[0].problem)
        return len(self.regions.all())

    def engine_for(self, region: Region | None, *, dry: bool = False) -> Engine:
        """The service that is configured, else the region's engine, else the estimate."""
        if self.service:
            return DryRunEngine(self.service) if dry else self.service
        return self.engine(region) if region else self.estimate

    def arrive_in(self, region: Region | None) -> Arrive:
        """Where drives end whose streets are known, by the region's roads."""
        return self.installed(region).roads.arrive if region else keep_points

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

    def address_stamp(self, region: Region | None) -> str:
        """What `geocoder` makes fixes from: another one wherever they may differ."""
        country = Path(self.settings.gridpin) if self.settings.gridpin else None
        changed = country.stat().st_mtime_ns if country and country.exists() else ""
        made = (version("sweetspot"), region.digest if region else "zips", str(country), changed)
        return blake2b(repr(made).encode(), digest_size=12).hexdigest()

    @once
    def gridpin(self) -> GridPin:
        """The country file that is configured. Raises BadQuestion where it can't be used."""
        return GridPin(self.settings.gridpin)

    def own_geocoders(self, regions: Sequence[Region] | None = None) -> list[Geocoder]:
        """Our own geocoders over those regions, or over all, one after the other."""
        found: list[Geocoder] = [self.gazetteer(r) for r in regions or self.regions.all()]
        return [*found, *([self.gridpin] if self.settings.gridpin else []), self.zips]
