"""Settings for the tests, in place before Django reads them (see `addopts`)."""

import os

DEFAULTS = {
    "DJANGO_SETTINGS_MODULE": "referins.settings",
    "SECRET_KEY": "only-for-tests",
    "FIELD_ENCRYPTION_KEYS": "dGVzdHMtb25seS1rZXktZGVyLWt1cnplLVRlc3RrZXk=",
    "ICLOUD_ALLOWED_HOSTS": "localhost,127.0.0.1",
    # Nothing may reach Apple from a test: the default address is one nobody listens on.
    "ICLOUD_SERVER_URL": "http://127.0.0.1:9/",
    "DEBUG": "off",
    "LOG_LEVEL": "WARNING",
}

for name, value in DEFAULTS.items():
    os.environ.setdefault(name, value)
