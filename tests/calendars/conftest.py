import pytest


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    """A real hash takes a fifth of a second, and every user of a test has one."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
