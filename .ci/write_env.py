"""Prints a .env for one machine, with keys of its own. Run by `make setup`."""

import secrets

from cryptography.fernet import Fernet

print(f"""\
# Settings of this machine, read at start; variables of the environment win over them.
# Not in version control: the keys below are this machine's alone.

# Error pages with details, and no need to name ALLOWED_HOSTS. Off where others can see it.
DEBUG=on

# Signs sessions and queued tasks.
SECRET_KEY={secrets.token_urlsafe(50)}

# Encrypts the stored app-specific passwords; without it they must be typed again.
# Several keys, comma-separated, newest first: the first encrypts, all of them decrypt.
FIELD_ENCRYPTION_KEYS={Fernet.generate_key().decode()}

# Servers besides Apple's that a connection may name; these may speak plain http.
ICLOUD_ALLOWED_HOSTS=localhost,127.0.0.1

# Default: a SQLite file beside manage.py, which is also the task queue.
#DATABASE_URL=postgres://user:password@localhost:5432/referins
#REDIS_URL=redis://localhost:6379/0""")
