"""Where the outlines of extracts meet and no road does: at sea.

An outline says nothing of coasts. Read from Geofabrik's index (474 extracts, 1,000 pairs meet):
outlines of neighbours by land run side by side, each half a kilometre beyond the border in Europe
and North America, ten or twenty in Africa and Asia; on the coast they reach ten to a hundred
kilometres out to sea, and there meet those of the other shore in a lens five to a hundred
kilometres wide (Isle of Man and Wales), or in one shared line (France and England). A lens of
five kilometres is both the Irish Sea and the border of Chad, a shared line both the Channel and the
49th parallel: their shape tells no sea from land. So the seas are named here, pair by pair of those
that meet. What is not named counts as land: rather one file too many than a road too few.
"""

# Islands, all of each extract, that no bridge or tunnel for cars leads to or from.
_ISLANDS = """
    american-oceania antarctica australia azores bahamas canary-islands cape-verde comores
    cook-islands corse cuba cyprus faroe-islands fiji greenland guadeloupe guernsey-jersey
    haiti-and-domrep hokkaido iceland ile-de-clipperton ireland-and-northern-ireland
    islas-baleares isle-of-man isle-of-wight isole jamaica java kiribati madagascar maldives malta
    maluku marshall-islands martinique mauritius mayotte micronesia nauru new-caledonia new-zealand
    niue palau philippines pitcairn-islands polynesie-francaise reunion
    saint-helena-ascension-and-tristan-da-cunha samoa sao-tome-and-principe seychelles
    solomon-islands sri-lanka sulawesi sumatra taiwan tokelau tonga tuvalu us/hawaii us/puerto-rico
    us/us-virgin-islands vanuatu wallis-et-futuna
"""
ISLANDS = frozenset(_ISLANDS.split())

# Those that meet at sea, or in a great lake, only. Not here, as one can drive: Denmark and Sweden,
# New Brunswick and Prince Edward Island, Chugoku and its neighbours over the straits, Essex and
# Kent under the Thames, Crimea and Krasnodar.
_ACROSS_WATER = """
    algeria andalucia
    algeria murcia
    andalucia morocco
    china south-korea
    chugoku south-korea
    denmark mecklenburg-vorpommern
    denmark zachodniopomorskie
    devon wales
    djibouti yemen
    egypt gcc-states
    egypt jordan
    england nord-pas-de-calais
    eritrea yemen
    estonia finland
    far-eastern-fed-district us/alaska
    gcc-states sudan
    kyushu shikoku
    kyushu south-korea
    nova-scotia prince-edward-island
    ontario us/ohio
    ontario us/pennsylvania
    prince-edward-island quebec
    somalia yemen
    somerset wales
    us/illinois us/michigan
    us/michigan us/minnesota
    us/new-york us/rhode-island
"""
ACROSS_WATER = frozenset(frozenset(line.split()) for line in _ACROSS_WATER.strip().splitlines())


def are_parted(one: str, other: str) -> bool:
    """Whether nothing but water lies between the extracts of those ids."""
    return one in ISLANDS or other in ISLANDS or frozenset((one, other)) in ACROSS_WATER
