"""What is in everybody's way is met before anybody has signed in: the doctor's first step tells it
from a wrong password, and so does who connects."""

from typing import Any

import pytest

from icloud_sync.connecting import ConnectError, connect
from icloud_sync.core.verdicts.failures import Failure, Kind
from icloud_sync.doctor import address
from icloud_sync.models import ICloudConnection
from tests.factories import UserFactory
from tests.servers import Account, Server

pytestmark = pytest.mark.django_db

IN_THE_WAY: list[tuple[str, Any, Kind, int]] = [
    ("html_answer", True, Kind.HTML, 0),
    ("refuse_everything", True, Kind.STATUS, 500),
    ("throttle_seconds", 30, Kind.STATUS, 503),
    ("fault", "503", Kind.STATUS, 503),
    ("fault", "429", Kind.STATUS, 429),
    ("fault", "reset", Kind.BROKEN, 0),
]


@pytest.fixture
def account(standin: Any) -> Any:
    """Without a wire between: the host is everybody's."""
    account = standin.new_account()
    account.server_url = standin.standin.url
    yield account
    standin.standin.switches.reset()


@pytest.mark.parametrize(("switch", "value", "kind", "status"), IN_THE_WAY)
def test_what_is_in_everybodys_way_is_no_wrong_password(
    standin: Server, account: Account, switch: str, value: Any, kind: Kind, status: int
) -> None:
    standin.standin.switches.turn(switch, value)  # type: ignore[attr-defined]
    found = address.reach(account.server_url, ["localhost", "127.0.0.1"])
    assert isinstance(found, Failure)
    assert (found.kind, found.status) == (kind, status)
    with pytest.raises(ConnectError) as caught:
        connect(UserFactory(), account.username, "not-the-password", server_url=account.server_url)
    assert "did not accept" not in caught.value.sentence
    assert "password" not in caught.value.field
    assert not ICloudConnection.objects.exists()
