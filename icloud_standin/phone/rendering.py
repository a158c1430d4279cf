"""Responses of the phone page."""

from pathlib import Path
from typing import Any

from django.template import Context, Engine

from icloud_standin.messages import Response

TEMPLATES = Engine(dirs=[str(Path(__file__).parent / "templates")])
POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'"


def html(status: int, template: str, context: dict[str, Any]) -> Response:
    page = TEMPLATES.get_template(template).render(Context(context, use_l10n=False, use_tz=False))
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Cache-Control": "no-store",
        "Content-Security-Policy": POLICY,
        "Referrer-Policy": "same-origin",
    }
    return Response(status, page.encode(), headers)


def to(location: str) -> Response:
    return Response(303, b"", {"Location": location})
