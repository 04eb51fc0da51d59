"""Which country a cell names: foreign ones in one spelling, and the United States."""

from functools import lru_cache

from app.geo.addresses.town_words import town_words

US = "United States"
# ISO 3166-1: both codes and the name in use; without the United States and what has ZIP codes.
_COUNTRIES = """
AD AND Andorra|AE ARE United Arab Emirates|AF AFG Afghanistan|AG ATG Antigua and Barbuda
AI AIA Anguilla|AL ALB Albania|AM ARM Armenia|AO AGO Angola|AQ ATA Antarctica|AR ARG Argentina
AT AUT Austria|AU AUS Australia|AW ABW Aruba|AX ALA Åland Islands|AZ AZE Azerbaijan
BA BIH Bosnia and Herzegovina|BB BRB Barbados|BD BGD Bangladesh|BE BEL Belgium|BF BFA Burkina Faso
BG BGR Bulgaria|BH BHR Bahrain|BI BDI Burundi|BJ BEN Benin|BL BLM Saint Barthélemy|BM BMU Bermuda
BN BRN Brunei|BO BOL Bolivia|BQ BES Bonaire|BR BRA Brazil|BS BHS Bahamas|BT BTN Bhutan
BV BVT Bouvet Island|BW BWA Botswana|BY BLR Belarus|BZ BLZ Belize|CA CAN Canada
CC CCK Cocos Islands|CD COD DR Congo|CF CAF Central African Republic|CG COG Congo
CH CHE Switzerland|CI CIV Côte d'Ivoire|CK COK Cook Islands|CL CHL Chile|CM CMR Cameroon
CN CHN China|CO COL Colombia|CR CRI Costa Rica|CU CUB Cuba|CV CPV Cabo Verde|CW CUW Curaçao
CX CXR Christmas Island|CY CYP Cyprus|CZ CZE Czechia|DE DEU Germany|DJ DJI Djibouti|DK DNK Denmark
DM DMA Dominica|DO DOM Dominican Republic|DZ DZA Algeria|EC ECU Ecuador|EE EST Estonia
EG EGY Egypt|EH ESH Western Sahara|ER ERI Eritrea|ES ESP Spain|ET ETH Ethiopia|FI FIN Finland
FJ FJI Fiji|FK FLK Falkland Islands|FO FRO Faroe Islands|FR FRA France|GA GAB Gabon
GB GBR United Kingdom|GD GRD Grenada|GE GEO Georgia|GF GUF French Guiana|GG GGY Guernsey
GH GHA Ghana|GI GIB Gibraltar|GL GRL Greenland|GM GMB Gambia|GN GIN Guinea|GP GLP Guadeloupe
GQ GNQ Equatorial Guinea|GR GRC Greece|GS SGS South Georgia|GT GTM Guatemala|GW GNB Guinea-Bissau
GY GUY Guyana|HK HKG Hong Kong|HM HMD Heard Island and McDonald Islands|HN HND Honduras
HR HRV Croatia|HT HTI Haiti|HU HUN Hungary|ID IDN Indonesia|IE IRL Ireland|IL ISR Israel
IM IMN Isle of Man|IN IND India|IO IOT British Indian Ocean Territory|IQ IRQ Iraq|IR IRN Iran
IS ISL Iceland|IT ITA Italy|JE JEY Jersey|JM JAM Jamaica|JO JOR Jordan|JP JPN Japan|KE KEN Kenya
KG KGZ Kyrgyzstan|KH KHM Cambodia|KI KIR Kiribati|KM COM Comoros|KN KNA Saint Kitts and Nevis
KP PRK North Korea|KR KOR South Korea|KW KWT Kuwait|KY CYM Cayman Islands|KZ KAZ Kazakhstan
LA LAO Laos|LB LBN Lebanon|LC LCA Saint Lucia|LI LIE Liechtenstein|LK LKA Sri Lanka|LR LBR Liberia
LS LSO Lesotho|LT LTU Lithuania|LU LUX Luxembourg|LV LVA Latvia|LY LBY Libya|MA MAR Morocco
MC MCO Monaco|MD MDA Moldova|ME MNE Montenegro|MF MAF Saint Martin|MG MDG Madagascar
MK MKD North Macedonia|ML MLI Mali|MM MMR Myanmar|MN MNG Mongolia|MO MAC Macao|MQ MTQ Martinique
MR MRT Mauritania|MS MSR Montserrat|MT MLT Malta|MU MUS Mauritius|MV MDV Maldives|MW MWI Malawi
MX MEX Mexico|MY MYS Malaysia|MZ MOZ Mozambique|NA NAM Namibia|NC NCL New Caledonia|NE NER Niger
NF NFK Norfolk Island|NG NGA Nigeria|NI NIC Nicaragua|NL NLD Netherlands|NO NOR Norway
NP NPL Nepal|NR NRU Nauru|NU NIU Niue|NZ NZL New Zealand|OM OMN Oman|PA PAN Panama|PE PER Peru
PF PYF French Polynesia|PG PNG Papua New Guinea|PH PHL Philippines|PK PAK Pakistan|PL POL Poland
PM SPM Saint Pierre and Miquelon|PN PCN Pitcairn|PS PSE Palestine|PT PRT Portugal|PY PRY Paraguay
QA QAT Qatar|RE REU Réunion|RO ROU Romania|RS SRB Serbia|RU RUS Russia|RW RWA Rwanda
SA SAU Saudi Arabia|SB SLB Solomon Islands|SC SYC Seychelles|SD SDN Sudan|SE SWE Sweden
SG SGP Singapore|SH SHN Saint Helena|SI SVN Slovenia|SJ SJM Svalbard and Jan Mayen|SK SVK Slovakia
SL SLE Sierra Leone|SM SMR San Marino|SN SEN Senegal|SO SOM Somalia|SR SUR Suriname
SS SSD South Sudan|ST STP Sao Tome and Principe|SV SLV El Salvador|SX SXM Sint Maarten
SY SYR Syria|SZ SWZ Eswatini|TC TCA Turks and Caicos Islands|TD TCD Chad
TF ATF French Southern Territories|TG TGO Togo|TH THA Thailand|TJ TJK Tajikistan|TK TKL Tokelau
TL TLS Timor-Leste|TM TKM Turkmenistan|TN TUN Tunisia|TO TON Tonga|TR TUR Turkey
TT TTO Trinidad and Tobago|TV TUV Tuvalu|TW TWN Taiwan|TZ TZA Tanzania|UA UKR Ukraine
UG UGA Uganda|UY URY Uruguay|UZ UZB Uzbekistan|VA VAT Vatican City
VC VCT Saint Vincent and the Grenadines|VE VEN Venezuela|VG VGB British Virgin Islands
VN VNM Vietnam|VU VUT Vanuatu|WF WLF Wallis and Futuna|WS WSM Samoa|YE YEM Yemen|YT MYT Mayotte
ZA ZAF South Africa|ZM ZMB Zambia|ZW ZWE Zimbabwe
"""
# The same countries as their own people, or older lists, call them. Judgement, from lists seen.
_ALSO = """
Germany=Deutschland,Allemagne,BRD|United Kingdom=UK,Great Britain,Britain,England,Scotland,Wales
United Kingdom=Northern Ireland|Netherlands=The Netherlands,Holland,Nederland|Austria=Österreich
Switzerland=Schweiz,Suisse|Spain=España|Italy=Italia|Mexico=México|Brazil=Brasil|Sweden=Sverige
Norway=Norge|Denmark=Danmark|Finland=Suomi|Poland=Polska|Belgium=Belgique,België|Japan=Nippon
Ireland=Republic of Ireland,Eire|Czechia=Czech Republic|China=PRC,Mainland China|Turkey=Türkiye
South Korea=Korea,Republic of Korea|Russia=Russian Federation|Bahamas=The Bahamas
United Arab Emirates=UAE|Vietnam=Viet Nam|Canada=Can|Isle of Man=IoM
"""
# The country, and its territories that have ZIP codes.
_US = """
US|USA|United States|United States of America|America|U S|U S A|The United States|Estados Unidos
EE UU|EEUU|840|United States US|USA United States|PR|PRI|Puerto Rico|GU|GUM|Guam|VI|VIR
US Virgin Islands|Virgin Islands|AS|ASM|American Samoa|MP|MNP|Northern Mariana Islands
"""


def _rows(table: str) -> list[str]:
    return table.strip().replace("\n", "|").split("|")


def _key(text: str) -> str:
    return " ".join(town_words(text))


def _names() -> dict[str, str]:
    names = {_key(word): US for word in _rows(_US)}
    for row in _rows(_COUNTRIES):
        two, three, name = row.split(" ", 2)
        names |= {_key(word): name for word in (two, three, name)}
    for row in _rows(_ALSO):
        name, _, words = row.partition("=")
        names |= {_key(word): name for word in words.split(",")}
    return names


def _codes() -> dict[str, str]:
    parted = (row.split(" ", 2) for row in _rows(_COUNTRIES))
    return {US: "US", **{name: code for code, _, name in parted}}


_NAMES = _names()
_CODES = _codes()


@lru_cache(1 << 12)
def country_of(text: str) -> str:
    """The country's name in English, `US` for the United States; "" for what is no country."""
    return _NAMES.get(_key(text), "")


def country_code(name: str) -> str:
    """The two letters (ISO 3166-1) of a country's name as `country_of` has it; "" for others."""
    return _CODES.get(name, "")
