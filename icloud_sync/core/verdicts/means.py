"""What whoever reads a verdict can do about it, in the words that end its next step."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Means:
    """`again`: how to look once more; `wait`: what happens by itself; `password`, `address`:
    what to do with a new one of these."""

    again: str
    wait: str
    password: str
    address: str

    def as_words(self) -> dict[str, str]:
        """For the table's `{…}`; `Again` begins a sentence."""
        return {
            "again": self.again,
            "Again": self.again.capitalize(),
            "wait": self.wait,
            "with_password": self.password,
            "with_address": self.address,
        }


RECONNECT = "disconnect, and connect again with that one"

# A connection that is stored, examined.
STORED = Means(
    "examine again",
    "Wait; Referins tries again by itself, less and less often.",
    "type it with Update password",
    RECONNECT,
)
# An account that is about to be connected: nothing is stored yet.
CONNECTING = Means(
    "try again",
    "Wait a few minutes and try again. Nothing was stored.",
    "connect with that",
    "connect with that one",
)
# A new password for a connection that is stored.
UPDATING = Means(
    "try again",
    "Wait a few minutes and try again. Nothing was changed.",
    "type that here",
    RECONNECT,
)
