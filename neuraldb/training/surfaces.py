"""How numbers, measures and dates are written: many surfaces of one value."""

from __future__ import annotations

import datetime
import math
import random

from neuraldb.training.vocabulary import DateAttribute, Quantity

MONTHS = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
]  # fmt: skip
SMALL = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
UNITS: dict[str, tuple[tuple[str, str, float], ...]] = {
    # singular or symbol, plural, size in the dimension's base unit
    "length": (
        ("metre", "metres", 1), ("m", "m", 1), ("meter", "meters", 1), ("foot", "feet", 0.3048), ("cm", "cm", 0.01),
    ),
    "height": (
        ("metre", "metres", 1), ("m", "m", 1), ("meter", "meters", 1), ("foot", "feet", 0.3048),
        ("ft", "ft", 0.3048),
    ),
    "distance": (
        ("kilometre", "kilometres", 1000), ("km", "km", 1000), ("kilometer", "kilometers", 1000),
        ("mile", "miles", 1609.344),
    ),
    "area": (
        ("square kilometre", "square kilometres", 1e6), ("km²", "km²", 1e6), ("sq km", "sq km", 1e6),
        ("square mile", "square miles", 2589988.11), ("hectare", "hectares", 1e4), ("square metre", "square metres", 1),
    ),
    "mass": (
        ("kilogram", "kilograms", 1), ("kg", "kg", 1), ("tonne", "tonnes", 1000), ("gram", "grams", 0.001),
        ("pound", "pounds", 0.45359237),
    ),
    "volume": (
        ("litre", "litres", 0.001), ("liter", "liters", 0.001), ("cubic metre", "cubic metres", 1),
        ("ml", "ml", 1e-6),
    ),
    "duration": (
        ("minute", "minutes", 60), ("hour", "hours", 3600), ("day", "days", 86400), ("second", "seconds", 1),
        ("year", "years", 31557600), ("min", "min", 60),
    ),
    "speed": (
        ("km/h", "km/h", 1 / 3.6), ("kilometres per hour", "kilometres per hour", 1 / 3.6), ("mph", "mph", 0.44704),
        ("m/s", "m/s", 1),
    ),
    "temperature": (("degree Celsius", "degrees Celsius", 1), ("°C", "°C", 1), ("K", "K", 1)),
    "percentage": (("percent", "percent", 1), ("%", "%", 1), ("per cent", "per cent", 1)),
    "power": (
        ("megawatt", "megawatts", 1e6), ("MW", "MW", 1e6), ("kW", "kW", 1e3), ("horsepower", "horsepower", 745.7),
        ("watt", "watts", 1),
    ),
    "data": (("GB", "GB", 1e9), ("MB", "MB", 1e6), ("gigabyte", "gigabytes", 1e9), ("terabyte", "terabytes", 1e12)),
    "plain": (("", "", 1),),
}  # fmt: skip
CURRENCIES = (("$", "dollars", "USD"), ("€", "euros", "EUR"), ("£", "pounds", "GBP"))


def draw(quantity: Quantity, rng: random.Random) -> float:
    """A magnitude between the quantity's ends, even on a logarithmic scale where they are far apart."""
    low, high = quantity.low_end, quantity.high_end
    if low > 0 and high / low > 50:
        value = math.exp(rng.uniform(math.log(low), math.log(high)))
    else:
        value = rng.uniform(low, high)
    if quantity.integer:
        return float(round(value))
    return float(f"{value:.{rng.choice((2, 3, 4))}g}")


def number(value: float, rng: random.Random) -> str:
    """A number's digits, with or without separators, or spelled when it is small."""
    if value == int(value):
        whole = int(value)
        if 0 <= whole <= 12 and rng.random() < 0.4:
            return SMALL[whole]
        if abs(whole) >= 1_000_000 and whole % 100_000 == 0 and rng.random() < 0.7:
            return f"{whole / 1e6:g} million"
        return f"{whole:,}" if rng.random() < 0.6 else str(whole)
    return f"{value:,}" if rng.random() < 0.5 else f"{value}"


def quantity_text(quantity: Quantity, value: float, unit: int, rng: random.Random) -> str:
    """The value with its counted noun, unit or currency; ``unit`` picks the same unit for a whole world."""
    if quantity.counted is not None:
        noun = quantity.counted.singular if value == 1 else quantity.counted.plural
        return f"{number(value, rng)} {noun}"
    if quantity.dimension == "money":
        symbol, name, code = CURRENCIES[unit % len(CURRENCIES)]
        text = number(value, rng)
        if text.endswith("million") or rng.random() < 0.5:
            return f"{symbol}{text}" if text[0].isdigit() else f"{text} {name}"
        return rng.choice((f"{text} {name}", f"{code} {text}", f"{symbol}{text}"))
    units = UNITS[quantity.dimension or "plain"]
    singular, plural, _ = units[unit % len(units)]
    text = number(value, rng) if quantity.dimension != "plain" else number(value, rng).replace(",", "")
    if singular in ("%", "°C", "km", "m", "kg", "cm") and rng.random() < 0.3 and text[-1].isdigit():
        return f"{text}{singular}"
    return f"{text} {singular if value == 1 else plural}".strip()


def draw_date(attribute: DateAttribute, rng: random.Random) -> tuple[datetime.date, str]:
    """A date within the attribute's years, and the precision at which it is known."""
    year = rng.randint(attribute.low_end, attribute.high_end)
    return datetime.date(year, rng.randint(1, 12), rng.randint(1, 28)), rng.choice(attribute.precision)


def date_text(date: datetime.date, precision: str, rng: random.Random) -> tuple[str, str]:
    """A date as written, and the preposition before it ("on", "in")."""
    month = MONTHS[date.month - 1]
    if precision == "year":
        return str(date.year), "in"
    if precision == "month":
        return f"{month} {date.year}", "in"
    suffix = "th" if 10 <= date.day <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(date.day % 10, "th")
    forms = (
        f"{date.day} {month} {date.year}", f"{month} {date.day}, {date.year}", f"{date.day} {month[:3]} {date.year}",
        f"{month} {date.day}{suffix}, {date.year}", f"{date.day}{suffix} {month} {date.year}", date.isoformat(),
        f"the {date.day}{suffix} of {month} {date.year}", f"{month[:3]} {date.day}, {date.year}",
    )  # fmt: skip
    return rng.choice(forms), "on"
