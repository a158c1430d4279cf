"""The one HTTP client of this process: its connections are kept for every account, and
nothing else is. It follows no redirect, keeps no cookie and repeats nothing."""

import os
import ssl
from functools import cache
from typing import Any
from urllib.request import getproxies

import niquests
import wassima
from niquests.adapters import HTTPAdapter

from icloud_sync.remote.deadline import TimedResolver, TimedTLSSocket

HOSTS_KEPT, CONNECTIONS_A_HOST = 64, 32  # Apple's partitions are some two hundred


@cache
def tls_context() -> ssl.SSLContext:
    """One a process: reading the certificates takes longer than a request."""
    return context_of(cadata=wassima.generate_ca_bundle())


def context_of(**certificates: str) -> ssl.SSLContext:
    """`certificates`: those that may vouch for a server, as ssl.create_default_context has it."""
    context = ssl.create_default_context(**certificates)  # type: ignore[arg-type]
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = TimedTLSSocket
    return context


def http_client() -> niquests.Session:
    """Made anew in a forked worker: two processes must not talk on one socket."""
    return _of_process(os.getpid())


@cache
def _of_process(pid: int) -> niquests.Session:
    return _Client()


class _Client(niquests.Session):
    def __init__(self) -> None:
        # No revocation checks: they would ask hosts that are not on the list. No cookies:
        # what one account was given would go out with the next one's password.
        super().__init__(
            disable_http2=True,
            disable_http3=True,
            revocation_configuration=None,
            allow_incoming_cookies=False,
        )
        self.trust_env = False  # .netrc, or a proxy for plain http, would see the password
        tunnel = getproxies().get("https")
        self.proxies = {"https": tunnel} if tunnel else {}
        kept: dict[str, Any] = {
            "pool_connections": HOSTS_KEPT,
            "pool_maxsize": CONNECTIONS_A_HOST,
            "disable_http2": True,
            "disable_http3": True,
            "resolver": TimedResolver(),
        }
        self.mount("https://", _TLSAdapter(**kept))
        self.mount("http://", HTTPAdapter(**kept))

    def get_redirect_target(self, resp: niquests.Response) -> None:
        """Redirects are the session's to follow, with its own rule."""


class _TLSAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=tls_context(), **kwargs)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """By the same certificates and clock as without one."""
        contexts = {"ssl_context": tls_context(), "proxy_ssl_context": tls_context()}
        return super().proxy_manager_for(proxy, **contexts, **kwargs)

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """The context does; the library would load all certificates anew."""
        conn.cert_reqs = "CERT_REQUIRED"
