"""Moments of the test clock, in seconds since 1970, and the words in which the scenarios name them."""
import calendar
import time

SECOND, MINUTE, HOUR, DAY = 1, 60, 3600, 86400
FORMAT = "%Y-%m-%dT%H:%M:%SZ"


def at(text):
    """at("2025-01-01") or at("2025-01-01T10:00:00Z")"""
    return calendar.timegm(time.strptime(text if "T" in text else f"{text}T00:00:00Z", FORMAT))


def written(moment):
    return time.strftime(FORMAT, time.gmtime(moment))


def asn1(moment):
    """As `openssl ca` takes it."""
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(moment))


T0 = at("2025-01-01")
E = at("2026-01-01")  # T0 + 365 days: the first second that what was bought at T0 does not cover
E_20D = E - 20 * DAY  # where most scenarios renew
E_30D = E - 30 * DAY  # where the window begins
EXAMPLE_BEGIN = at("2024-10-01")  # of the example that the documents share
EXAMPLE_END = at("2025-10-01")
