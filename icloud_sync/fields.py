"""A text field that is encrypted at rest and says so loudly when it cannot be read."""

from collections.abc import Iterable
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import FieldError
from django.db import models
from django.db.models.query_utils import DeferredAttribute

PREFIX = "fer1:"


class DecryptionError(Exception):
    """None of FIELD_ENCRYPTION_KEYS opens this value."""


class Secret(str):
    """A string that never shows itself in a log, a traceback or a shell."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<secret>"


def ring() -> MultiFernet:
    """Every configured key, newest first: the first encrypts, all of them decrypt."""
    return MultiFernet([Fernet(key.encode()) for key in settings.FIELD_ENCRYPTION_KEYS])


def encrypt(text: str) -> str:
    return PREFIX + ring().encrypt(text.encode()).decode()


def decrypt(stored: str) -> Secret:
    if not stored.startswith(PREFIX):
        raise DecryptionError("The stored value is not encrypted.")
    try:
        return Secret(ring().decrypt(stored.removeprefix(PREFIX).encode()).decode())
    except InvalidToken as error:
        raise DecryptionError(
            "None of FIELD_ENCRYPTION_KEYS opens the stored value. Add the old key to the "
            "list, or type the password again."
        ) from error


class SecretAttribute(DeferredAttribute):
    """The row holds the ciphertext; it is opened each time the attribute is read.

    So no queryset, admin list or debug page meets the plain text by chance, and a value
    that cannot be read costs the one who reads it, not every query over the table.
    """

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        stored = super().__get__(instance, cls)
        return decrypt(stored) if isinstance(stored, str) and stored else stored

    def __set__(self, instance: models.Model, value: Any) -> None:
        if isinstance(value, str) and value and not value.startswith(PREFIX):
            value = encrypt(value)
        instance.__dict__[self.field.attname] = value


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Text, encrypted with the newest of FIELD_ENCRYPTION_KEYS. Reads raise DecryptionError."""

    descriptor_class = SecretAttribute

    def value_from_object(self, obj: models.Model) -> Any:
        return obj.__dict__.get(self.attname)  # forms and dumpdata see the ciphertext

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        return model_instance.__dict__.get(self.attname)

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return encrypt(value) if value and not value.startswith(PREFIX) else value

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise FieldError("An encrypted field cannot be searched.")
        return super().get_lookup(lookup_name)


class KeepsSecrets(models.Model):
    """A model with such fields. Reloading it opens none of them: Django would read each, and
    whoever pauses a connection whose key is lost would need the key for it."""

    class Meta:
        abstract = True

    def refresh_from_db(
        self,
        using: str | None = None,
        fields: Iterable[str] | None = None,
        from_queryset: models.QuerySet[Any] | None = None,
    ) -> None:
        rows = type(self)._base_manager.using(using or self._state.db)
        secret = secrets_of(type(self))
        if fields is None:
            secret -= self.get_deferred_fields()
            others = (rows if from_queryset is None else from_queryset).defer(*secret)
            super().refresh_from_db(using, None, others)
        else:
            wanted = set(fields)
            secret &= wanted
            if wanted - secret:
                super().refresh_from_db(using, wanted - secret, from_queryset)
        if secret:
            self.__dict__.update(rows.values(*secret).get(pk=self.pk))


def secrets_of(model: type[models.Model]) -> set[str]:
    return {
        one.attname for one in model._meta.concrete_fields if isinstance(one, EncryptedTextField)
    }
