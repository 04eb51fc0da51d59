"""What answers from one version of an installed region."""

import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import polars as pl

from app.errors import BadMap, UnreadableRegion
from app.geo.basemap.basemap import Basemap
from app.geo.cache import once
from app.geo.driving.embedded.roads import Roads
from app.geo.driving.embedded.serving import Server
from app.geo.driving.embedded.valhalla import Valhalla
from app.geo.geocoding.gazetteer.gazetteer import Gazetteer
from app.geo.places.schema import load_places
from app.geo.regions.region import BASEMAP, Region
from app.settings import Settings


class Installed:
    """What answers from one version of a region; each part made on first need, once.

    `is_shared`: whether several of the United States have a town of that name. Raises
    UnreadableRegion where its files can't be used.
    """

    def __init__(
        self, region: Region, settings: Settings, is_shared: Callable[[str], bool]
    ) -> None:
        self.region = region
        self._settings = settings
        self._is_shared = is_shared

    @once
    def gazetteer(self) -> Gazetteer:
        """The region's own address index."""
        with self._readable():
            name, is_shared = self.region.name, self._is_shared
            return self.region.open(lambda at: Gazetteer(at / "gazetteer", name, is_shared))

    @once
    def roads(self) -> Roads:
        """The region's road index."""
        with self._readable():
            return self.region.open(lambda at: Roads.load(at / "roads"))

    @once
    def engine(self) -> Valhalla:
        """The region's drive times. The engine behind them, once it started, ends with its use."""
        region, settings = self.region, self._settings
        made = Valhalla(
            self._server.send,
            self.roads,
            name=f"valhalla {region.engine_version}",
            covers=region.covers,
            cache=settings.data_dir / "reaches" / region.folder.name,
            cache_mb=settings.reach_cache_mb,
            region_digest=region.digest,
        )
        weakref.finalize(made, self._server.close)
        return made

    @once
    def _server(self) -> Server:
        region, settings = self.region, self._settings
        run = settings.data_dir / "run" / f"{region.folder.name}-{region.digest[:12]}"
        return region.open(
            lambda at: Server(
                at / "tiles",
                run,
                start_s=settings.engine_start_s,
                timeout_s=settings.engine_timeout_s,
                longest_minutes=settings.longest_minutes,
            )
        )

    @once
    def basemap(self) -> Basemap | None:
        """What is drawn beside the roads; None where the region was built before there was that."""
        if not self.region.has_basemap:
            return None
        with self._readable():
            return self.region.open(lambda at: Basemap(at / BASEMAP))

    def load_places(self) -> pl.DataFrame:
        """The named businesses on the map, see `schema.SCHEMA`."""
        with self._readable():
            return self.region.open(lambda at: load_places(at / "places.parquet"))

    def close(self) -> None:
        """Stop the engine if it was started here."""
        if "_server" in vars(self):
            self._server.close()

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except BadMap as why:
            name = self.region.name
            raise UnreadableRegion(
                f"region {name!r} can't be used ({why}): build it again, "
                f"`sweetspot region show {name}` says of what"
            ) from why
