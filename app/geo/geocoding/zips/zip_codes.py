"""US ZIP codes and their towns as a geocoder: what can be placed without any map.

How a ZIP code that contradicts the city and state beside it is read, and what a city without
either means, is decided here; the codes themselves are in `app.geo.geocoding.zips.table`.
"""

import re
from collections.abc import Iterable

from app.geo.addresses.address import Address, Addresses, number_distinct
from app.geo.addresses.states import MILITARY, is_province, state_of, states_from
from app.geo.addresses.town_words import fold_town
from app.geo.addresses.towns import is_county, plainer_towns, split_state, usual_town
from app.geo.cache import once
from app.geo.geocoding.fix import Fix, fix_abroad, no_fix, to_columns, widest_fix
from app.geo.geocoding.geocoder import Accuracy, Fixes
from app.geo.geocoding.zips.table import ZipTable, ZipTown, load_zip_table, order_towns
from app.geo.points import METRES_PER_MILE, Point, great_circle_metres

_ZIP = re.compile(r"(?:[A-Z]{2} )?(\d{3,5}|\d{8,9})(?:\.0+)?(?:[- ]+\d{0,4})?", re.IGNORECASE)
_FOREIGN = re.compile(r"[A-Z]\d[A-Z] ?\d[A-Z]\d|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}", re.IGNORECASE)
_PO_BOX = re.compile(r"\bp\.? ?o\.? ?(?:box|drawer)\b|\bpost office box\b", re.IGNORECASE)


def zip_code(cell: str) -> str:
    """The five digits of a cell that holds a US ZIP code, "" where it holds none.

    Reads ZIP+4 with and without its hyphen, `31201.0`, and codes that lost their leading zeros.
    """
    found = _ZIP.fullmatch(cell.strip())
    if not found:
        return ""
    digits = found[1]
    return digits.zfill(9)[:5] if len(digits) > 5 else digits.zfill(5)


def _is_box(line: str) -> bool:
    """Whether the street line is a P.O. box; the first test is for speed."""
    lower = line.lower()
    return ("box" in lower or "drawer" in lower) and _PO_BOX.search(lower) is not None


class ZipGeocoder:
    """Geocoder by ZIP code, else by city and state. Safe for threads.

    Loads its table on first use, once however many ask, and keeps it.
    """

    name = "zipcodes"

    def locate(self, addresses: Addresses, near: Point | None = None) -> Fixes:
        """Accuracy POSTCODE by the ZIP code, PLACE by city and state.

        A ZIP code that lies far from the city beside it keeps its point, with a radius that
        covers both; where the state differs too, city and state win. The note says so.
        """
        keys, row_of = number_distinct(_keys(addresses))
        finder = _Finder(self._table, near)
        return to_columns([finder.find(*key) for key in keys], self.name).take(row_of)

    def candidates(self, address: Address, k: int, near: Point | None = None) -> Fixes:
        """The ZIP code, or the towns of that name: with the most ZIP codes first, or nearest.

        Where nothing has that name, the ZIP codes or towns that begin so. None of them is abroad.
        """
        if address.country:
            return to_columns([], self.name)
        found = _Finder(self._table, near).candidates(address, k)
        return to_columns(found, self.name)

    def is_shared(self, town: str) -> bool:
        """Whether several states have a town of that name."""
        return len(self._table.towns(fold_town(town), states_from(""))) > 1

    def load(self) -> None:
        """Load the table now, if it is not loaded yet."""
        _ = self._table

    @once
    def _table(self) -> ZipTable:
        return load_zip_table()


def _keys(addresses: Addresses) -> Iterable[tuple[str, str, str, str, str]]:
    """What decides a row's fix: of its street line only what the other cells don't say."""
    columns = (addresses.line, addresses.city, addresses.state, addresses.postcode)
    for line, city, state, postcode, country in zip(*columns, addresses.countries, strict=True):
        if country:
            yield "", "", "", "", country
        elif postcode[:5].isdigit() or (city and (postcode or (state and not line[-1:].isdigit()))):
            yield ("PO Box" if _is_box(line) else ""), city, state, postcode, ""
        else:
            yield line, city, state, postcode, ""


class _Finder:
    """The look-ups of one call."""

    def __init__(self, table: ZipTable, near: Point | None) -> None:
        self._table = table
        self._near = near
        self._found: dict[tuple[str, str, str], Fix] = {}

    def find(self, line: str, city: str, state: str, postcode: str, country: str) -> Fix:
        if country:
            return fix_abroad(country)
        parts = self._completed(line, city, state, postcode)
        fix = self._found.get(parts) or self._by_parts(*parts)
        self._found[parts] = fix
        if fix.accuracy and _is_box(line):
            by_zip = fix.accuracy is Accuracy.POSTCODE
            box = "P.O. box: placed by its ZIP code" if by_zip else "P.O. box"
            return fix._replace(note=_notes(box, fix.note))
        return fix

    def candidates(self, address: Address, k: int) -> list[Fix]:
        parts = self._completed(address.line, address.city, address.state, address.postcode)
        city, state, postcode = parts
        if zip_code(postcode) in self._table.at:
            fix = self._by_parts(*parts)
            return [fix] if fix.accuracy else []
        text = city or postcode or address.line.strip()
        if text.isdigit():
            return [self._by_zip(i, "", "") for i in self._table.codes_from(text, k)]
        if not state and "," in address.line and not address.city:
            text, _, state = address.line.rpartition(",")
        if not fold_town(text):
            return []
        states = states_from(state.strip())
        towns = self._table.towns(fold_town(text), states)
        towns = towns or self._table.towns_from(fold_town(text), states, k, self._near)
        return [town.fix("") for town in order_towns(towns, self._near)[:k]]

    def _completed(self, line: str, city: str, state: str, postcode: str) -> tuple[str, str, str]:
        """City, state and postcode; those without a cell of their own from the line."""
        city, state, postcode = city.strip(), state.strip(), postcode.strip()
        if "," in city:
            city, its_state, its_code = split_state(city)
            state, postcode = state or its_state, postcode or its_code
        if not line or (city and postcode):
            return city, state, postcode
        before, its_state, its_code = split_state(line)
        its_city = self._city_at_end(before, state_of(state or its_state))
        if not (city or its_city or its_code):
            return "", state, ""
        if city and not (its_code or fold_town(its_city) == fold_town(city)):
            its_state = ""  # "12 Elm Ct" beside a city is a court, not Connecticut
        return city or its_city, state or its_state, postcode or its_code

    def _city_at_end(self, text: str, state: str) -> str:
        """The longest run of last words that is a town of the state.

        Where none is, or no state says that a town comes last: all that follows the last comma.
        Without a comma a street must be left before the town: "10 Fairfield Ct" is a court.
        """
        before, _, last = text.rpartition(",")
        if before and is_county(last):
            return self._city_at_end(before, state)
        last = last.strip()
        pieces = last.split() if state else []
        for start in range(max(0, len(pieces) - 5), len(pieces)):
            city = " ".join(pieces[start:])
            if self._town(city, state):
                return city if "," in text or start == 0 or start > 2 else ""
        return last if "," in text or not state else ""

    def _by_parts(self, city: str, state: str, postcode: str) -> Fix:
        if _FOREIGN.fullmatch(postcode):
            return no_fix(f"{postcode} is not a US ZIP code")
        code = zip_code(postcode)
        i = self._table.at.get(code)
        if i is None:
            why = "no ZIP code"
            if postcode:
                why = f"ZIP {code} is not known" if code else f'"{postcode:.40}" is not a ZIP code'
            return self._by_town(city, state, why)
        if self._table.located(i):
            return self._by_zip(i, city, state)
        if self._table.state[i] in MILITARY or self._table.kind[i] == "MILITARY":
            return no_fix(f"ZIP {code} is a military post office: its place is not known")
        own_city, own_state = self._table.city[i], self._table.state[i]
        return self._by_town(city or own_city, own_state, f"the place of ZIP {code} is not known")

    def _by_town(self, city: str, state: str, why: str) -> Fix:
        code = state_of(state)
        if not city:
            return no_fix(f"{why} and no city")
        if is_province(state):
            return no_fix(f"{state} is in Canada: outside the ZIP codes")
        if code in MILITARY:
            return no_fix(f"{city}, {code} is a military post office: its place is not known")
        if state and not code:
            return no_fix(f'{why} and "{state:.40}" is not a US state')
        if not code:
            return self._by_name(city, why)
        town = self._town(city, code)
        if town is None:
            return no_fix(f'{why} and no town "{city:.60}" is known in {code}')
        return town.fix(f"{why}: placed by its city")

    def _by_name(self, city: str, why: str) -> Fix:
        """A town without a state: the only one of its name, else any of them, the nearest first."""
        usual, its_state = usual_town(city, "")
        every = self._towns_named(usual, states_from(its_state))
        towns = order_towns(every, self._near)
        if not towns:
            return no_fix(f'{why} and no town "{city:.60}" is known')
        if len(towns) == 1:
            return towns[0].fix(f"{why}: placed by its city")
        if self._near is None:
            states = ", ".join(town.label[-2:] for town in towns[:5])
            more = f" and {len(towns) - 5} more states" if len(towns) > 5 else ""
            return no_fix(f"no state: there is a {city:.60} in {states}{more}")
        note = f"no state: it may be any of {len(towns)} towns of that name"
        return widest_fix([town.fix("") for town in towns], note)

    def _town(self, city: str, state: str) -> ZipTown | None:
        """The town of a state that goes by that name, for short or with words around it."""
        usual, _ = usual_town(city, state)
        found = (self._table.town(fold_town(n), state) for n in (usual, *plainer_towns(usual)))
        return next((town for town in found if town), None)

    def _towns_named(self, city: str, states: frozenset[str]) -> list[ZipTown]:
        """The towns of these states that go by that name."""
        found = (self._table.towns(fold_town(n), states) for n in (city, *plainer_towns(city)))
        return next((towns for towns in found if towns), [])

    def _by_zip(self, i: int, city: str, state: str) -> Fix:
        """The ZIP code's place, held against the city and state beside it."""
        table, fix, own = self._table, self._table.fix(i), self._table.state[i]
        stated = state_of(state) or own
        named = not city or table.is_named(i, fold_town(usual_town(city, stated)[0]))
        town = None if named else self._town(city, stated)
        if town is None:
            differs = f"ZIP {table.codes[i]} is in {own}, not {stated}" if stated != own else ""
            return fix._replace(note=_notes(fix.note, differs))
        apart = float(great_circle_metres(fix.lon, fix.lat, town.lon, town.lat))
        if apart <= fix.radius_m + town.radius_m:
            return fix
        miles = f"{apart / METRES_PER_MILE:.0f} miles"
        note = f"ZIP {table.codes[i]} is {table.city[i]}, {own}: {miles} from {town.label}"
        if stated != own:
            return town.fix(f"{note}; placed by its city")
        return fix._replace(radius_m=apart + town.radius_m, note=_notes(fix.note, note))


def _notes(*notes: str) -> str:
    return "; ".join(note for note in notes if note)
