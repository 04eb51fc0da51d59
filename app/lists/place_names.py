"""What lists call the parts of an address, whoever's it is.

The names are those of the lists that `vocabulary` names, of US and Canadian open data (Socrata,
Opendatasoft, the NENA and FGDC address standards) and of what CRM systems export.
"""

from collections.abc import Mapping

# Meaning -> the names it goes by; behind "||" the weaker ones, see `vocabulary`.
#
# A "street part" stands before or behind the street's name: direction and type, as its column does.
# A "city line" holds town, state and postcode, in any order; a "point" both coordinates.
PLACE_NAMES: Mapping[str, str] = {
    "line": "line|address|street address|address line 1|address line1|address 1|address1|addr|"
    "addr1|addr 1|address line|street 1|street1|street address 1||addresses freeform|sites|"
    "line 1|street address line 1",
    "number": "number|house number|street number|address building|house|street no|house no|"
    "addr housenumber|building number|street num|st num|st no|st number|address number|house num|"
    "address number start|street number from|add number|add num||building",
    "number suffix": "||street number suffix|number suffix|house number suffix|addnum suf|"
    "address number suffix|street number half|number half|fraction|street number fraction",
    "street": "street|street name|address street name|road name|addr street|st name|"
    "address street|street name base||road",
    "street part": "||st pre dir|st pos dir|st pre typ|st pos typ|street direction|street dir|"
    "direction|dir|predirection|pre direction|predir|pre dir|street predir|street pre dir|"
    "street pre direction|street prefix direction|prefix direction|street direction prefix|"
    "st dir|st predir|predirectional|pre directional|street name predirectional|"
    "street name pre directional|street predirectional|street prefix|street type prefix|"
    "street pretype|street pre type|st pretyp|street name pre type|street type|st type|st typ|"
    "street suffix|st suffix|street type suffix|suffix type|street post type|street posttype|"
    "st postyp|street name post type|street suffix type|street name suffix|postdirection|"
    "post direction|postdir|post dir|street postdir|street post dir|st posdir|"
    "street post direction|street direction suffix|street suffix direction|suffix direction|"
    "suffix dir|sufdir|suf dir|postdirectional|post directional|street name post directional|"
    "street name postdirectional|street postdirectional|suffix|prefix|predirectional abbr",
    "line2": "||address 2|address2|address line 2|address line2|additional address|addr2|addr 2|"
    "street address 2|street 2|street2|line 2|street address line 2|address 3|address3|addr3|"
    "address line 3|address line3|street 3|line 3|addr 3|street address 3",
    "whole": "||full address|complete address|formatted address|address full|one line address|"
    "full street address|headquarters location|location|location 1",
    "city line": "||city state zip|city st zip|city state|city st|city and state|"
    "city state zipcode|city state zip code|city state and zip|city state postal code|"
    "city state postal|csz|city state postcode|city province postal code|city province|"
    "town state zip|town state|state zip|st zip|state and zip|state zip code|city zip|"
    "city zip code|zip city|last line|city line|city state country",
    "city": "city|town|city name|municipality|address city|city town|post town|addr city||"
    "locality|community|community name|addresses locality|suburb",
    "state": "state|province|state or province|state province|address state|state code|prov|"
    "addr state||us state|state abbreviation|st|region|addresses region|state region|"
    "state province region|province state|state prov|prov state|state territory|stalp|state cd|"
    "st cd|state abbr|state abb|abbr state|state name|statename|state or region|st abbr|stabbr|"
    "st code|state short|state long|state full|state s|state l|province region|province code|"
    "province name|state or territory|territory|province territory|state alpha|state 2|"
    "administrative area|admin area|region state",
    "postcode": "zip|zip code|zipcode|zip5|zip 5|postcode|postal code|postalcode|post code|"
    "address zip|address postcode|address zip code|zip postal code|zip or postal code|"
    "addr postcode|postal||source zipcode|eircode|zcta|addresses postcode",
    "country": "||country|country region|country name|country code|countrycode|nation|ctry|"
    "country iso|iso country|iso country code|country territory|region country|country or region|"
    "addr country|address country code|addresses country",
    "point": "||geo point|geo point 2d|geopoint|geom|geometry|the geom|wkt|point|coordinates|"
    "coords|coordinate|lat long|lat lng|lat lon|latitude longitude|latitude and longitude|"
    "long lat|lon lat|lng lat|longitude latitude|latlong|latlng|latlon|location coordinates|"
    "geolocation|geo location|geocoded column|georeference|gps|gps coordinates|gps location|"
    "geo coordinates|map point|new georeferenced column|location point|lat and long|"
    "mapped location",
    "lat": "latitude|lat||geo lat|gps latitude|address latitude|y|y coordinate|point y|gps lat|"
    "lat dd|latitude dd|decimal latitude|lat decimal|latitude wgs84|wgs84 latitude|geo latitude|"
    "geocoded latitude|geocoded lat|geocode latitude|map latitude|map lat|latitude y|lat y|y lat|"
    "y latitude|ycoord|y coord|centroid lat|latitude decimal|geocode lat|lat wgs84",
    "lon": "longitude|lon|lng||long|geo lon|geo lng|gps longitude|address longitude|x|"
    "x coordinate|point x|gps lon|gps lng|gps long|lon dd|long dd|longitude dd|decimal longitude|"
    "lon decimal|longitude wgs84|wgs84 longitude|geo longitude|geo long|geocoded longitude|"
    "geocoded lon|geocoded lng|geocode longitude|map longitude|map lon|map lng|longitude x|lon x|"
    "long x|x lon|x longitude|xcoord|x coord|centroid lon|longitude decimal|geocode lon|"
    "geocode lng|lon wgs84",
}
PLACE = tuple(PLACE_NAMES)
