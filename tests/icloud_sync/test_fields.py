"""The stored password: encrypted, readable with every configured key, never by chance."""

import io
import json
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import FieldError
from django.core.management import call_command
from django.db import connection as database

from icloud_sync.fields import DecryptionError, decrypt, encrypt
from icloud_sync.models import ICloudConnection
from tests.factories import ICloudConnectionFactory

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
PASSWORD = "abcd-efgh-ijkl-mnop"


def raw(pk: int) -> str:
    with database.cursor() as cursor:
        cursor.execute("SELECT app_password FROM icloud_sync_icloudconnection WHERE id = %s", [pk])
        return str(cursor.fetchone()[0])


def test_what_is_encrypted_opens_again_and_its_repr_says_nothing() -> None:
    secret = decrypt(encrypt(PASSWORD))
    assert (secret, repr(secret), PASSWORD in encrypt(PASSWORD)) == (PASSWORD, "<secret>", False)


def test_an_old_key_still_reads_and_the_newest_writes(settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    stored = encrypt(PASSWORD)
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    assert decrypt(stored) == PASSWORD
    newest = encrypt(PASSWORD)
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert decrypt(newest) == PASSWORD
    with pytest.raises(DecryptionError, match="Add the old key to the list"):
        decrypt(stored)


def test_a_value_that_is_not_encrypted_is_an_error_not_a_password() -> None:
    with pytest.raises(DecryptionError, match="not encrypted"):
        decrypt(PASSWORD)


@pytest.mark.django_db
def test_the_database_holds_the_ciphertext_only() -> None:
    pk = ICloudConnectionFactory(app_password=PASSWORD).pk
    assert raw(pk).startswith("fer1:")
    assert PASSWORD not in raw(pk)
    assert ICloudConnection.objects.get(pk=pk).app_password == PASSWORD


@pytest.mark.django_db
def test_saving_a_row_again_does_not_encrypt_the_ciphertext_again() -> None:
    connection = ICloudConnectionFactory(app_password=PASSWORD)
    stored = raw(connection.pk)
    ICloudConnection.objects.get(pk=connection.pk).save()
    assert raw(connection.pk) == stored


@pytest.mark.django_db
def test_an_update_encrypts_too() -> None:
    pk = ICloudConnectionFactory().pk
    ICloudConnection.objects.filter(pk=pk).update(app_password="new-password")
    assert raw(pk).startswith("fer1:")
    assert ICloudConnection.objects.get(pk=pk).app_password == "new-password"


@pytest.mark.django_db
def test_a_password_no_key_opens_breaks_its_reader_and_not_the_list(settings: Any) -> None:
    broken = ICloudConnectionFactory(app_password=PASSWORD)
    stored = raw(broken.pk)
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    fine = ICloudConnectionFactory(app_password=PASSWORD)
    rows = {row.pk: row for row in ICloudConnection.objects.all()}
    assert rows[fine.pk].app_password == PASSWORD
    with pytest.raises(DecryptionError):
        _ = rows[broken.pk].app_password
    rows[broken.pk].save()  # a save must not damage what it cannot read
    assert raw(broken.pk) == stored


@pytest.mark.django_db
def test_a_password_cannot_be_searched_for() -> None:
    ICloudConnectionFactory()
    with pytest.raises(FieldError):
        ICloudConnection.objects.filter(app_password=PASSWORD).exists()
    assert not ICloudConnection.objects.filter(app_password__isnull=True).exists()


@pytest.mark.django_db
def test_a_dump_holds_the_ciphertext_only() -> None:
    ICloudConnectionFactory(app_password=PASSWORD)
    out = io.StringIO()
    call_command("dumpdata", "icloud_sync.icloudconnection", stdout=out)
    assert json.loads(out.getvalue())[0]["fields"]["app_password"].startswith("fer1:")
    assert PASSWORD not in out.getvalue()


@pytest.mark.django_db
def test_reloading_a_row_needs_no_key_and_brings_what_is_stored(settings: Any) -> None:
    row = ICloudConnectionFactory(app_password=PASSWORD)
    typed = encrypt("new-pass-word-here")
    ICloudConnection.objects.filter(pk=row.pk).update(app_password=typed, status="paused")
    keys, settings.FIELD_ENCRYPTION_KEYS = settings.FIELD_ENCRYPTION_KEYS, [NEW]
    row.refresh_from_db()
    assert (row.status, row.__dict__["app_password"]) == ("paused", typed)
    settings.FIELD_ENCRYPTION_KEYS = keys
    assert row.app_password == "new-pass-word-here"


@pytest.mark.django_db
def test_one_field_can_be_reloaded_and_a_deferred_password_is_read_when_asked_for() -> None:
    row = ICloudConnectionFactory(app_password=PASSWORD)
    ICloudConnection.objects.filter(pk=row.pk).update(app_password="typed-anew", status="paused")
    row.refresh_from_db(fields=["status"])
    assert (row.status, row.app_password) == ("paused", PASSWORD)
    row.refresh_from_db(fields=["app_password"])
    assert row.app_password == "typed-anew"
    deferred = ICloudConnection.objects.defer("app_password").get(pk=row.pk)
    deferred.refresh_from_db()
    assert "app_password" not in deferred.__dict__
    assert deferred.app_password == "typed-anew"
