"""The spellings of units and currencies that :mod:`neuraldb.core.units` reads: data, no code."""

from __future__ import annotations

# canonical unit | pint's name of the unit | spellings, each perhaps with a pint expression of its own; "~" stands for a
# space or a hyphen
MEASURES = """
m    | foot               | ft|foot|feet
m    | inch               | inch|inches|″
m    | yard               | yd|yds|yard|yards
m    | mile               | mi|mile|miles
m    | nautical_mile      | nmi|NM|nautical~mile|nautical~miles|sea~miles
m    | light_year         | ly|light~year|light~years|lightyear|lightyears
m    | astronomical_unit  | AU|astronomical~unit|astronomical~units
m    | parsec             | parsec|parsecs|kpc=1000*parsec|Mpc=1000000*parsec
m    | angstrom           | Å|angstrom|angstroms|ångström|ångströms
m    | micrometer         | micron|microns
m    | furlong            | furlong|furlongs
m    | fathom             | fathom|fathoms
m2   | hectare            | ha|hectare|hectares
m2   | 43560*foot**2      | acre|acres
m3   | gallon             | gal|gallon|gallons|US~gallon|US~gallons
m3   | imperial_gallon    | imperial~gallon|imperial~gallons|UK~gallons
m3   | quart              | qt|quart|quarts
m3   | pint               | pint|pints
m3   | imperial_pint      | imperial~pint|imperial~pints
m3   | fluid_ounce        | fl~oz|fluid~ounce|fluid~ounces
m3   | centimeter**3      | cc
kg   | metric_ton         | t|tonne|tonnes|metric~ton|metric~tons
kg   | short_ton          | ton|tons|short~ton|short~tons
kg   | long_ton           | long~ton|long~tons|imperial~tons
kg   | pound              | lb|lbs|pound|pounds
kg   | ounce              | oz|ounce|ounces
kg   | stone              | stone|stones
kg   | kilogram           | kilo|kilos|kgs
s    | minute             | min|mins|minute|minutes
s    | hour               | h|hr|hrs|hour|hours
s    | day                | day|days
s    | week               | wk|wks|week|weeks
s    | fortnight          | fortnight|fortnights
s    | year/12            | month|months
s    | year               | yr|yrs|year|years
s    | 10*year            | decade|decades
s    | 100*year           | century|centuries
s    | second             | sec|secs
m/s  | mile/hour          | mph
m/s  | kilometer/hour     | kph|kmh|kmph
m/s  | knot               | kn|kt|kts|knot|knots
K    | degC               | °C|° C|º C|ºC|℃|degree~Celsius|degrees~Celsius|degrees~C|degrees~centigrade|Celsius
K    | degF               | °F|° F|ºF|℉|degree~Fahrenheit|degrees~Fahrenheit|degrees~F|Fahrenheit
K    | kelvin             | K|kelvin|kelvins|degrees~kelvin
W    | horsepower         | hp|bhp|horsepower
W    | metric_horsepower  | PS
J    | Btu                | BTU|Btu|BTUs
J    | calorie            | cal|calorie|calories|kcal=1000*calorie|kilocalorie=1000*calorie|kilocalories=1000*calorie
Pa   | bar                | bar|mbar=0.001*bar|millibar=0.001*bar|millibars=0.001*bar
Pa   | psi                | psi
Pa   | atm                | atm|atmospheres
Pa   | mmHg               | mmHg
Pa   | torr               | torr
Pa   | inHg               | inHg
byte | kilobyte           | KB
byte | kibibyte           | KiB|kibibytes
byte | mebibyte           | MiB|mebibytes
byte | gibibyte           | GiB|gibibytes
byte | tebibyte           | TiB|tebibytes
byte/s | kilobit/second   | kbps|Kbps
byte/s | megabit/second   | Mbps
byte/s | gigabit/second   | Gbps
"""

# units that take SI prefixes: canonical unit, pint's name, words, symbol, the prefixes that people do use with it
PREFIXED = (
    ("m", "meter", ("metre", "meter"), "m", "p n µ m c d h k M G"),
    ("kg", "gram", ("gram", "gramme"), "g", "n µ m c d h k"),
    ("m3", "liter", ("litre", "liter"), "l", "µ m c d h"),
    ("m3", "liter", (), "L", "µ m c d h"),
    ("s", "second", ("second",), "s", "p n µ m"),
    ("W", "watt", ("watt",), "W", "n µ m k M G T"),
    ("J", "joule", ("joule",), "J", "µ m k M G T P"),
    ("J", "watt_hour", ("watt~hour", "watthour"), "Wh", "m k M G T"),
    ("J", "electron_volt", ("electron~volt", "electronvolt"), "eV", "m k M G T"),
    ("Pa", "pascal", ("pascal",), "Pa", "m h k M G"),
    ("Hz", "hertz", ("hertz",), "Hz", "m k M G T"),
    ("byte", "byte", ("byte",), "B", "k M G T P"),
    ("byte", "bit", ("bit",), "bit", "k M G T"),
)
PREFIXES = {
    **{"p": "pico", "n": "nano", "µ": "micro", "m": "milli", "c": "centi", "d": "deci", "h": "hecto"},
    **{"k": "kilo", "M": "mega", "G": "giga", "T": "tera", "P": "peta"},
}
# "5 pm" is a time of day, "5 B" is five billion as often as five bytes, DM was a currency
NOT_SYMBOLS = frozenset({"pm", "B", "dm"})
# symbols that people also write in other cases; for all others the case tells units apart (mW and MW)
MISSPELLED = {
    **{"Km": "km", "KM": "km", "Kg": "kg", "KG": "kg", "Cm": "cm", "CM": "cm", "MM": "mm", "FT": "ft"},
    **{"LB": "lb", "LBS": "lbs", "OZ": "oz", "MPH": "mph", "KPH": "kph"},
}

CURRENCIES = """
USD $|US$|dollar|dollars|US~dollar|US~dollars|American~dollars|buck|bucks
EUR €|euro|euros
GBP £|pound~sterling|pounds~sterling|British~pounds|quid
JPY ¥|yen|円|JP¥
CNY CN¥|RMB|yuan|renminbi|元
INR ₹|Rs|rupee|rupees|Indian~rupees
SEK kr|krona|kronor|Swedish~kronor|Swedish~krona
NOK NKr|Norwegian~krone|Norwegian~kroner
DKK DKr|Danish~krone|Danish~kroner
ISK Icelandic~krónur|Icelandic~króna
CHF Swiss~franc|Swiss~francs
AUD A$|AU$|Australian~dollar|Australian~dollars
CAD C$|CA$|Canadian~dollar|Canadian~dollars
NZD NZ$|New Zealand~dollars
HKD HK$|Hong Kong~dollars
SGD S$|Singapore~dollars
TWD NT$|New Taiwan~dollars
MXN MX$|Mexican~pesos|Mexican~peso
BRL R$|Brazilian~reais|Brazilian~real|reais
RUB ₽|rouble|roubles|ruble|rubles
KRW ₩|South Korean~won
VND ₫|Vietnamese~dong
THB ฿|baht
ILS ₪|shekel|shekels
TRY ₺|Turkish~lira|Turkish~liras
PLN zł|złoty|zloty|zlotys|złotys
CZK Kč|Czech~koruna|Czech~crowns
HUF forint|forints
PHP ₱|Philippine~pesos
NGN ₦|naira
UAH ₴|hryvnia|hryvnias
ZAR South African~rand|rand
PKR Pakistani~rupees
LKR Sri Lankan~rupees
BTC ₿|bitcoin|bitcoins
"""
# those in wide use, without the codes that are English words (ALL, TOP, CUP)
_CODES = (
    "AED ARS AUD BDT BGN BRL BTC CAD CHF CLP CNY COP CZK DKK DZD EGP ETB EUR GBP GHS HKD HUF IDR ILS INR IQD IRR ISK "
    "JOD JPY KES KRW KWD KZT LKR MAD MMK MXN MYR NGN NOK NPR NZD OMR PEN PHP PKR PLN QAR RON RSD RUB SAR SEK SGD THB "
    "TND TRY TWD TZS UAH UGX USD UYU VND ZAR"
)
ISO_CURRENCIES = frozenset(_CODES.split())
