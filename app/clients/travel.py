"""Where the clients are and how far one drives to them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.clients.roster import Clients
from app.find.ground import Ground
from app.find.locating import locate_prospects
from app.find.nearest import drive_from_nearest
from app.geo.driving.engine import Drives, Driving, unknown_drives
from app.geo.geocoding.geocoder import Fixes, no_fixes
from app.geo.points import Floats

# A client is looked for this far; farther ones have no minutes.
CLIENT_MINUTES = 120.0


@dataclass(frozen=True)
class Travel:
    """Where the clients are and how far; drives are unknown where there is no home base.

    notes: of the clients, those of the ground left out.
    """

    fixes: Fixes
    miles: Floats
    drives: Drives
    minutes: Floats
    engine: str
    notes: Sequence[str]


def ground_notes(ground: Ground | None) -> Sequence[str]:
    """What is to be known of the ground, where there is one."""
    return ground.notes if ground else ()


def drive_to_clients(
    clients: Clients, ground: Ground | None, how: Driving, limits: Sequence[float] = ()
) -> Travel:
    """The drive to each client: the engine's, else what the books say of it.

    limits: minutes that will be judged by, at which the drives have to be exact.
    """
    n = len(clients)
    if ground is None:
        none = unknown_drives(n, CLIENT_MINUTES)
        unjudged = "No home base was given: distance is not judged."
        return Travel(no_fixes([""] * n), np.full(n, np.nan), none, clients.drive, "", [unjudged])
    fixes = locate_prospects(clients.who, ground)
    nearest = drive_from_nearest(fixes, ground, (*limits, CLIENT_MINUTES), how)
    drives = nearest.drives
    known = ~np.isnan(drives.minutes)
    minutes = np.where(known, drives.minutes, clients.drive)
    missing = n - int(fixes.at.known.sum())
    unplaced = f"{missing:,} of {n:,} clients could not be placed by their address"
    notices = [unplaced] if missing else []
    return Travel(fixes, nearest.miles, drives, minutes, ground.engine.name, notices)
