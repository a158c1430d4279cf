"""Etags as RFC 9110, 8.8.3 spells them."""

import re

# Some servers percent-encode the quotes, and compare with real ones all the same.
PERCENT_QUOTES = re.compile(r"(W/)?%22(.*)%22", re.DOTALL)


def spelled(etag: str) -> str:
    """With real quotes, weak or strong: so that one version has one name."""
    plain = etag.strip()
    found = PERCENT_QUOTES.fullmatch(plain)
    return f'{found[1] or ""}"{found[2]}"' if found else plain


def strong(etag: str) -> str:
    """The etag if it may stand in If-Match (RFC 9110, 13.1.1), else ""."""
    plain = spelled(etag)
    return "" if plain.startswith("W/") else plain
