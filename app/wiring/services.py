"""Settings -> services. Raises BadQuestion, naming the setting, for what is missing."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from math import ceil, inf, log2
from urllib.parse import urlsplit

from app.errors import BadQuestion
from app.geo.driving.services import google, graphhopper, mapbox, openrouteservice, traveltime
from app.geo.driving.services.google import Google
from app.geo.driving.services.graphhopper import GraphHopper, OwnGraphHopper
from app.geo.driving.services.mapbox import Mapbox
from app.geo.driving.services.openrouteservice import OpenRouteService
from app.geo.driving.services.osrm import Osrm
from app.geo.driving.services.service import RoutingService
from app.geo.driving.services.traveltime import TravelTime
from app.geo.driving.services.valhalla import RemoteValhalla
from app.geo.geocoding.services import census
from app.geo.geocoding.services.cache import GeocodeCache
from app.geo.geocoding.services.providers import PROVIDERS
from app.geo.geocoding.services.service import GeocodingService, Terms
from app.geo.geocoding.services.service_geocoder import Budget
from app.geo.geocoding.services.through_geopy import GeopyService, Provider
from app.geo.http.sender import FAILURES, Sender
from app.settings import Settings
from app.wiring.setting_pairs import is_address, read_number, read_pairs

GEOCODERS = ("census", *PROVIDERS)
CENSUS_TIMEOUT_S = 300.0  # a file of 10,000 addresses takes it minutes


def routing_service(settings: Settings) -> RoutingService:
    """The routing service that the settings name. Raises BadQuestion for what it lacks."""
    name, url = settings.engine, settings.engine_url
    key = settings.engine_key.get_secret_value()
    lacks = (
        "url" if name in ("osrm", "valhalla") and not url else "key" if not url and not key else ""
    )
    if lacks:
        raise BadQuestion(
            f"engine {name}: SWEETSPOT_ENGINE_{lacks.upper()} is not set", field=f"engine_{lacks}"
        )
    if url and not is_address(url):
        raise BadQuestion(
            "SWEETSPOT_ENGINE_URL: expected http://... or https://...", field="engine_url"
        )
    match name:
        case "osrm":
            return Osrm(url)
        case "valhalla":
            return RemoteValhalla(url)
        case "openrouteservice":
            return OpenRouteService(key, url or openrouteservice.HOSTED)
        case "graphhopper":
            hosted = not url or urlsplit(url).hostname == urlsplit(graphhopper.HOSTED).hostname
            return (
                GraphHopper(key, url or graphhopper.HOSTED) if hosted else OwnGraphHopper(url, key)
            )
        case "google":
            return Google(key, url or google.HOSTED)
        case "mapbox":
            return Mapbox(key, url or mapbox.HOSTED)
    return TravelTime(key, settings.engine_id, url or traveltime.HOSTED)


@dataclass(frozen=True)
class Configured:
    """A geocoding service as it was set up. `key`: what its answers and counts are kept under."""

    service: GeocodingService
    budget: Budget
    key: str


def geocoding_services(
    settings: Settings, memory: GeocodeCache, closing: ExitStack
) -> list[Configured]:
    """Those the settings name, in that order; `closing` closes their connections."""
    if not (settings.contact.isascii() and settings.contact.isprintable()):
        raise BadQuestion(
            "SWEETSPOT_CONTACT: no request can carry it; give a plain e-mail address",
            field="contact",
        )
    names = [name.strip().lower() for name in settings.geocoders.split(",") if name.strip()]
    unknown = [name for name in names if name not in GEOCODERS]
    if unknown:
        raise BadQuestion(
            f"SWEETSPOT_GEOCODERS: no geocoder {unknown[0].partition('=')[0]!r}; there are "
            f"{', '.join(GEOCODERS)}, several with commas",
            field="geocoders",
        )
    return [_configured(name, settings, memory, closing) for name in dict.fromkeys(names)]


def _configured(
    name: str, settings: Settings, memory: GeocodeCache, closing: ExitStack
) -> Configured:
    url = _pairs(settings.geocoder_urls, "urls").get(name, "")
    key = _pairs(settings.geocoder_keys.get_secret_value(), "keys").get(name, "")
    if url and not is_address(url):
        raise BadQuestion(
            f"SWEETSPOT_GEOCODER_URLS: expected {name}=http://... or https://...",
            field="geocoder_urls",
        )
    budget = Budget(
        _number(settings.geocoder_run_budgets, "run_budgets", name, inf),
        _number(settings.geocoder_month_budgets, "month_budgets", name, inf),
        _number(settings.geocoder_prices, "prices", name, 0.0),
    )
    open_sender = partial(_sender, settings, memory, closing)
    if name == "census":
        service: GeocodingService = _census(url, open_sender)
    else:
        service = _through_geopy(PROVIDERS[name], url, key, settings.contact, open_sender)
    return Configured(service, budget, f"{name} {_without_login(url)}".strip())


type OpenSender = Callable[[str, str, Terms], Sender]


def _sender(
    settings: Settings, memory: GeocodeCache, closing: ExitStack, name: str, url: str, terms: Terms
) -> Sender:
    """Its connections: paced as its terms ask, for all processes of this data folder together."""
    every_s = 1 / terms.per_second
    long = terms.batch > 1
    sender = Sender(
        name,
        frozenset({urlsplit(url).hostname or ""}),
        timeout_s=CENSUS_TIMEOUT_S if long else settings.engine_timeout_s,
        deadline_s=2 * CENSUS_TIMEOUT_S if long else 120.0,
        attempts=2 if long else 4,
        turn=partial(memory.turn, name, every_s) if every_s else lambda: None,
        agent=_agent(settings.contact),
        # One address that spoils a file is found by halving it, each time a failure.
        failures=FAILURES + ceil(log2(terms.batch / terms.smallest)),
    )
    closing.callback(sender.close)
    return sender


def _agent(contact: str) -> str:
    return f"sweetspot/{version('sweetspot')} (self-hosted{'; ' if contact else ''}{contact})"


def _census(url: str, open_sender: OpenSender) -> census.Census:
    url = url or census.HOSTED
    return census.Census(open_sender("census", url, census.TERMS).ask, url)


def _through_geopy(
    provider: Provider, url: str, key: str, contact: str, open_sender: OpenSender
) -> GeopyService:
    name = provider.name
    if provider.needs_key and not key and not url:
        raise BadQuestion(
            f"geocoder {name}: SWEETSPOT_GEOCODER_KEYS has no {name}=...", field="geocoder_keys"
        )
    if not provider.hosted and not url:
        raise BadQuestion(
            f"geocoder {name}: SWEETSPOT_GEOCODER_URLS has no {name}=...", field="geocoder_urls"
        )
    if provider.terms.bulk < inf and not url and not contact:
        raise BadQuestion(
            f"geocoder {name}: its public server wants to know who asks; set SWEETSPOT_CONTACT "
            "to an e-mail address, or SWEETSPOT_GEOCODER_URLS to a server of your own",
            field="contact",
        )
    if url:  # one's own, or a mirror: only how long answers may be kept stays as it was
        provider = replace(provider, terms=Terms(days=provider.terms.days))
    sender = open_sender(name, url or provider.hosted, provider.terms)
    return GeopyService(provider, sender.ask, key, url)


def _without_login(url: str) -> str:
    """The address without a user's name and password, which are nobody's to keep."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _pairs(text: str, what: str) -> Mapping[str, str]:
    return read_pairs(text, f"geocoder_{what}", GEOCODERS)


def _number(text: str, what: str, name: str, default: float) -> float:
    return read_number(text, f"geocoder_{what}", GEOCODERS, name, default)
