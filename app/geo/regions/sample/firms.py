"""The firms of the sample county's list, and what is known of each.

The minutes are worked out by hand from the home base, 350 Main Street, Larkfield, on the map of
`county.py`: kilometres / speed, no turns. Each turn or crossing adds a few seconds, so
the engine says up to about a minute more. Two sums recur:

- to the freeway: 0.1 km of Main Street and 0.4 km of 3rd Avenue at 40 km/h (0.75 min), 1.7 km of
  Depot Road (1.7), a ramp (0.41); off it again: a ramp (0.41), Depot Road (1.7), 0.4 km of 3rd
  Avenue (0.6). With 0.8 km less than the exit's x at 120 km/h the centre of Cedar Halt takes
  25.2 min, Brightwater 40.2, Tolliver 48.2, Farrow 57.2.
- over Teal Bridge: 0.5 km at 40 (0.75), Landing Road 2.1, River Road 18, the bridge 1, North
  Shore Road 18, Ridge Road 0.7, 5th Avenue 0.8 km at 40 (1.2): Northbank's centre, 41.75 min.
"""

from dataclasses import dataclass
from math import nan

INSIDE, EDGE, BEYOND = "inside", "edge", "beyond"
ACROSS, OFF_ROAD, NO_ROAD = "across the river", "island, no road", "island, no bridge"
STRADDLES, OUTSIDE, TOO_FAR = "straddles the limit", "outside the map", "too far for any road"
UNLOCATABLE = "unlocatable"
RIGHT, WRONG, UNKNOWN = "right", "wrong", "unknown"

HEADER = (
    "Company Name,Address,City,State,ZIP Code,Employees,Annual Sales,Computers,SIC Code,NAICS Code,"
    "Phone"
)
# Numbers like those on the map of the county.
_PHONE = "775-555-01{:02d}"


@dataclass(frozen=True, slots=True)
class Firm:
    """One row of the list; `row` has its cells but the phone.

    where: what is to be seen there. size: does it fit 10-50 computers, 10-100 employees and 1-10
    million USD, as far as known. minutes: the drive worked out by hand, NaN where none can be.
    """

    row: str
    where: str
    size: str
    minutes: float = nan

    @property
    def name(self) -> str:
        """The company's name: its first cell."""
        return self.row.split(",", 1)[0].strip('"')


FIRMS = (
    # Larkfield: streets around the home base, at 40 km/h
    Firm(
        "Basin Printing,420 Main Street,Larkfield,NV,00101,24,$2.4 Million,20,2752,323111",
        INSIDE,
        RIGHT,
        0.2,
    ),
    Firm(
        "Larkfield Computers,420 Elm Street,Larkfield,NV,00101,12,$1-2.5 Million,15,5734,449210",
        INSIDE,
        RIGHT,
        0.9,
    ),
    Firm(
        '"Hale & Byrne Accounting",240 Main Street,Larkfield,NV,00101,10 to 19,"$1,300,000",18,'
        "8721,541211",
        INSIDE,
        RIGHT,
        0.3,
    ),
    Firm(
        'Okafor Law,325 Main Street,Larkfield,NV,00101,5 to 9,"$500,000-1 Million",8,8111,541110',
        INSIDE,
        WRONG,
        0.1,
    ),
    Firm(
        "Larkfield Dental,220 3rd Avenue,Larkfield,NV,00101,14,1.3155364E6,12,8021,621210",
        INSIDE,
        RIGHT,
        0.4,
    ),
    Firm(
        "County Freight,140 Cedar Street,Larkfield,NV,00101,20 to 49,$5-10 Million,,4213,484121",
        INSIDE,
        RIGHT,
        1.4,
    ),
    Firm(
        "Sage Bakery,312 Oak Street,Larkfield,NV,00101,11-50 employees,,,2051,311811",
        INSIDE,
        RIGHT,
        0.6,
    ),
    Firm(
        "Pine Street Motors,265 Pine Street,Larkfield,NV,00101,31,$8.1 Million,22,5511,441110",
        INSIDE,
        RIGHT,
        0.9,
    ),
    Firm(
        'Kettle Corner,180 Oak Street,Larkfield,NV,00101,4,"Less than $500,000",2,5812,722511',
        INSIDE,
        WRONG,
        0.7,
    ),
    Firm(
        "Teal County Insurance,260 Oak St,Larkfield,NV,00101,,,,6411,524210", INSIDE, UNKNOWN, 0.6
    ),
    Firm(
        "Larkfield Foundry,480 Spruce St,Larkfield,NV,00101,340,$62 Million,140,3321,331511",
        INSIDE,
        WRONG,
    ),  # Larkfield has no Spruce Street: placed by its ZIP code
    Firm(
        "Box & Carton,P.O. Box 12,Larkfield,NV,00101,16,$1.9 Million,11,2653,322211", INSIDE, RIGHT
    ),
    Firm(
        "Corner Pharmacy,3rd Ave & Elm St,Larkfield,NV,00101,10 to 19,$2.5-5 Million,10,5912,"
        "456110",
        INSIDE,
        RIGHT,
        0.75,
    ),
    # Cedar Halt: 25.2 min to its centre
    Firm(
        "Halt Tax Service,225 Main Street,Cedar Halt,NV,00102,10 to 19,$1-2.5 Million,12,7291,"
        "541213",
        INSIDE,
        RIGHT,
        25.4,
    ),
    Firm(
        "Cedar Hardware,180 Oak Street,Cedar Halt,NV,00102,22,$4 Million,10,5251,444140",
        INSIDE,
        RIGHT,
        25.9,
    ),
    Firm(
        "Halt Dairy,440 Main Street,Cedar Halt,NV,00102,88,$9.7 Million,41,2026,311511",
        INSIDE,
        RIGHT,
        25.6,
    ),
    Firm(
        "Forty Mile Inn,320 1st Avenue,Cedar Halt,NV,00102,50+,$3 Million,,7011,721110",
        INSIDE,
        RIGHT,
        25.9,
    ),
    Firm(
        "Cedar Halt Clinic,280 Pine Street,Cedar Halt,NV,00102,64,$7.25 Million,50,8011,621111",
        INSIDE,
        RIGHT,
        25.4,  # Pine Street is one-way: around by Cedar Street and 2nd Avenue
    ),
    Firm(
        "Halt Seed & Feed,412 Elm Avenue,Cedar Halt,NV,00102,18,$2.2 Million,10,5191,424910",
        INSIDE,
        RIGHT,
    ),  # there is an Elm Street, no Elm Avenue
    Firm(
        "Sagebrush Software,360 Oak Street,Cedar Halt,NV,00102,35,$6 Million,120,7371,541511",
        INSIDE,
        WRONG,
        25.7,
    ),
    # Copper Flat: 0.75 + 24 km at 60 km/h
    Firm(
        "Flat Copper Works,22 Old Mine Road,Copper Flat,NV,00106,72,$9 Million,30,3351,331420",
        INSIDE,
        RIGHT,
        24.8,
    ),
    Firm(
        "Mine Road Garage,42 Old Mine Rd,Copper Flat,NV,00106,3,$210000,1,7538,811111",
        INSIDE,
        WRONG,
        24.7,
    ),
    # Lakeshore: 0.75 + 1.7 + Lake Road 25.5 = 27.95 at (13.6, -14)
    Firm(
        "Lakeshore Inn,245 Main Street,Lakeshore,NV,00108,26,$1.8 Million,10,7011,721110",
        INSIDE,
        RIGHT,
        28.4,
    ),
    Firm(
        "Heron Boats,180 Oak Street,Lakeshore,NV,00108,12,$1.1 Million,10,3732,336612",
        INSIDE,
        RIGHT,
        28.5,
    ),
    # Brightwater: 40.2 min to its centre
    Firm(
        "Brightwater Bookkeeping,240 Main Street,Brightwater,NV,00103,11,$1.2 Million,14,8721,"
        "541219",
        EDGE,
        RIGHT,
        40.4,
    ),
    Firm(
        "Soto & Lind,345 Main Street,Brightwater,NV,00103,17,$3.4 Million,21,8111,541110",
        EDGE,
        RIGHT,
        40.3,
    ),
    Firm(
        "Bright Ideas,320 Elm Street,Brightwater,NV,00103,10 to 19,$1-2.5 Million,19,7311,541810",
        EDGE,
        RIGHT,
        40.9,
    ),
    Firm(
        "Brightwater Mills,140 Main Street,Brightwater,NV,00103,260,$48 Million,90,2041,311211",
        EDGE,
        WRONG,
        40.7,
    ),
    Firm(
        "Water Street Press,365 Maple Street,Brightwater,NV,00103,15,$1.5 Million,12,2741,513199",
        EDGE,
        RIGHT,
    ),  # Brightwater has no Maple Street
    Firm(
        "Seventy Tools,425 2nd Avenue,Brightwater,NV,00103,20 to 49,$2.5-5 Million,10,3423,332216",
        EDGE,
        RIGHT,
        41.0,
    ),
    Firm(
        "Brightwater Vets,260 Oak Street,Brightwater,NV,00103,,$1.4 Million,,0742,541940",
        EDGE,
        RIGHT,
        40.6,
    ),
    # Northbank: 5 km away, 41.75 min to its centre by the only bridge
    Firm(
        "Northbank Machine Works,440 Main Street,Northbank,NV,00107,46,$7.5 Million,33,3599,332710",
        ACROSS,
        RIGHT,
        41.9,
    ),
    Firm(
        "North Shore Feed,580 Oak Street,Northbank,NV,00107,12,$3.1 Million,10,5191,424910",
        ACROSS,
        RIGHT,
        42.3,
    ),
    Firm(
        "Ridge Apiary,245 Birch Street,Northbank,NV,00107,2,$90000,1,0279,112910",
        ACROSS,
        WRONG,
        43.7,
    ),
    # Tolliver: 48.2 min to its centre; Mesa Loop 46.9 min to its start, then 0.5 or 9.5 km
    Firm(
        "Mesa Diner,280 Main Street,Tolliver,NV,00104,19,$1.2 Million,10,5812,722511",
        EDGE,
        RIGHT,
        48.3,
    ),
    Firm(
        "Mesa Pottery,10 Mesa Loop,Tolliver,NV,00104,11,$1 Million,10,3269,327110",
        EDGE,
        RIGHT,
        47.4,
    ),
    Firm(
        "Loop End Stables,190 Mesa Loop,Tolliver,NV,00104,12,$1.6 Million,10,0752,115210",
        BEYOND,
        RIGHT,
        56.4,
    ),
    # Silver Gulch: 0.75 + 48.6 km at 60 km/h
    Firm(
        "Gulch Assay Office,22 Old Mine Road,Silver Gulch,NV,00106,13,$2 Million,10,8734,541380",
        EDGE,
        RIGHT,
        49.4,
    ),
    Firm(
        "Silver Gulch Stores,Old Mine Road,Silver Gulch,NV,00106,10 to 19,$1-2.5 Million,10,5411,"
        "445110",
        STRADDLES,
        RIGHT,
    ),
    # Farrow: 57.2 min to its centre
    Firm(
        "Farrow Savings Bank,240 Main Street,Farrow,NV,00105,28,$6.6 Million,40,6036,522180",
        BEYOND,
        RIGHT,
        57.4,
    ),
    Firm(
        "Farrow Freight,380 Cedar Street,Farrow,NV,00105,51,$9.2 Million,25,4213,484121",
        BEYOND,
        RIGHT,
        56.9,
    ),
    Firm(
        "End of the Line,440 Oak Street,Farrow,NV,00105,6,$450000,3,5813,722410",
        BEYOND,
        WRONG,
        57.9,
    ),
    # the islands
    Firm(
        "Heron Island Camp,2 Boathouse Path,Heron Island,NV,00108,10,$1 Million,10,7032,721214",
        OFF_ROAD,
        RIGHT,
    ),
    Firm(
        "Gull Island Fisheries,460 Main Street,Gull Island,NV,00108,37,$5.5 Million,16,0912,114111",
        NO_ROAD,
        RIGHT,
    ),
    # off the map, by their real ZIP codes: 45 and 75 miles away, 120 miles away
    Firm(
        "Battle Mountain Supply,120 Broad Street,Battle Mountain,NV,89820,21,$4.4 Million,14,5084,"
        "423830",
        OUTSIDE,
        RIGHT,
    ),
    Firm(
        "Eureka Mercantile,10 Main Street,Eureka,NV,89316,10 to 19,$1-2.5 Million,10,5399,455219",
        OUTSIDE,
        RIGHT,
    ),
    Firm(
        "Fallon Packers,700 Williams Avenue,Fallon,NV,89406,95,$9 Million,48,2013,311612",
        TOO_FAR,
        RIGHT,
    ),
    # nowhere
    Firm(
        "Atlantis Imports,1 Neptune Way,Atlantis,NV,00999,30,$3 Million,25,5199,424990",
        UNLOCATABLE,
        RIGHT,
    ),
    Firm("No Address Ltd,,,,,18,$2 Million,15,7389,561990", UNLOCATABLE, RIGHT),
)


def prospects_csv() -> str:
    """The list as CSV, header first, lines ending in a newline."""
    rows = (f"{firm.row},{_PHONE.format(number)}" for number, firm in enumerate(FIRMS))
    return "\n".join([HEADER, *rows]) + "\n"
