"""The demo's two ports, checked before anything starts."""

import errno
import os
import socket


class DemoError(Exception):
    """Why the demo cannot go on, as one sentence for people."""


def chosen_ports() -> tuple[int, int]:
    """PORT and STANDIN_PORT. Raises DemoError."""
    web, standin = port("PORT", 8000), port("STANDIN_PORT", 8001)
    if web == standin:
        raise DemoError(f"PORT and STANDIN_PORT are both {web}; they must differ.")
    check_free("PORT", web)
    check_free("STANDIN_PORT", standin)
    return web, standin


def port(variable: str, default: int) -> int:
    word = os.environ.get(variable, "").strip() or str(default)
    if not (word.isascii() and word.isdigit() and 1 <= int(word) <= 65535):
        raise DemoError(f"{variable}={word} is not a port. Write a number from 1024 to 65535.")
    return int(word)


def check_free(variable: str, number: int) -> None:
    """On IPv4 and on IPv6, where there is any: browsers take `localhost` for either."""
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((address, number))
        except OSError as error:
            refuse(variable, number, error.errno)


def refuse(variable: str, number: int, code: int | None) -> None:
    if code == errno.EADDRINUSE:
        raise DemoError(
            f"Port {number} is busy. Stop what listens there, or choose another: "
            f"{variable}={number + 10} make demo"
        )
    if code == errno.EACCES:
        raise DemoError(f"Port {number} is for the administrator only. Choose one above 1023.")
