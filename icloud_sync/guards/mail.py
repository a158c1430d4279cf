"""What staff are told by mail. A mail that cannot be sent is in the log of the server, and
stops nothing."""

import logging
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Model
from django.urls import reverse

from calendars.models import User

log = logging.getLogger(__name__)


def mail_staff(subject: str, sentence: str, about: Model) -> None:
    """Once the transaction is done; `about`: the row whose admin page says more."""
    to = list(
        User.objects.filter(is_staff=True, is_active=True)
        .exclude(email="")
        .values_list("email", flat=True)
    )
    text = f"{sentence}\n\n{settings.PUBLIC_URL}{admin_page(about)}\n"
    if to:
        transaction.on_commit(lambda: send(subject, text, to), robust=True)


def admin_page(about: Model) -> str:
    meta = about._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[about.pk])


def send(subject: str, text: str, to: list[str]) -> None:
    """Each alone: nobody need know who else is told."""
    for address in to:
        try:
            send_mail(f"[Referins] {one_line(subject)}", text, None, [address])
        except (OSError, SMTPException):
            log.exception("a mail to staff could not be sent")


def one_line(text: str) -> str:
    return " ".join(text.split())[:150]
