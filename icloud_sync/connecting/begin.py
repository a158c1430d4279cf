"""From an Apple ID and a password to a connection: checked live, then stored at once."""

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from calendars.models import Calendar, User
from icloud_sync import outbox
from icloud_sync.connecting import errors
from icloud_sync.connecting.account import AccountLook, OpenRemote, look, normalize_password
from icloud_sync.connecting.choices import refuse_choice
from icloud_sync.connecting.counts import count_to_push
from icloud_sync.connecting.errors import ConnectError
from icloud_sync.connecting.keep import sync_soon
from icloud_sync.connecting.slots import remove_slots
from icloud_sync.connecting.story import counted, tell
from icloud_sync.models import ICloudConnection, RemoteCollection, RemoteResource

Role, Serves = RemoteCollection.Role, ICloudConnection.Serves
COMES_AGAIN = "its account is connected again, and what is in it comes in anew"


@sensitive_variables("password")
def connect(
    user: User,
    apple_id: str,
    password: str,
    *,
    server_url: str = "",
    target_href: str | None = None,
    mirrored: Iterable[str] | None = None,
    serves: str = Serves.ALL,
    calendars: Iterable[Calendar] = (),
    write_who_is_coming: bool = True,
    actor: User | None = None,
    remote: OpenRemote | None = None,
) -> ICloudConnection:
    """Raises ConnectError; then nothing is stored.

    `target_href` None: the first writable collection. `mirrored` None: all the others.
    """
    chosen = list(calendars)
    refuse_choice(serves, chosen)
    refuse_second_connection(user)  # before a password goes anywhere
    account = look(apple_id, password, server_url, remote=remote)
    roles = choose_roles(account, target_href, mirrored)
    connection = ICloudConnection(
        user=user,
        apple_id=account.apple_id,
        app_password=normalize_password(password),
        server_url=account.server_url,
        principal_href=account.principal_href,
        home_url=account.home_url,
        addresses=list(account.addresses),
        serves=Serves.CHOSEN if chosen else serves,
        write_who_is_coming=write_who_is_coming,
        next_poll_at=timezone.now(),
    )
    try:
        with transaction.atomic():
            refuse_taken(user, account)
            store(connection, account, roles, chosen, actor)
            tell(connection, "connect", connected_message(connection, chosen), actor)
    except IntegrityError:
        refuse_taken(user, account)  # somebody was quicker, by a moment: the same sentence
        raise
    return connection


def store(
    connection: ICloudConnection,
    account: AccountLook,
    roles: dict[str, str],
    chosen: list[Calendar],
    actor: User | None,
) -> None:
    connection.save(force_insert=True)
    RemoteCollection.objects.bulk_create(
        RemoteCollection(
            connection=connection,
            href=info.href,
            name=info.name,
            color=info.color,
            can_write=info.can_write,
            role=roles[info.href],
        )
        for info in account.collections
    )
    connection.calendars.set(chosen)
    remove_what_comes_again(connection, actor)
    outbox.enqueue_unpushed(connection)
    sync_soon(connection)


def remove_what_comes_again(connection: ICloudConnection, actor: User | None) -> None:
    """The same account was connected before: what its first import brings again must not
    stand beside the slots of that time (D16)."""
    read = connection.collections.exclude(role=Role.IGNORED).values("href")
    before = RemoteResource.objects.filter(
        connection__user=connection.user_id,
        connection__status=ICloudConnection.Status.DISCONNECTED,
        connection__server_url=connection.server_url,
        connection__principal_href=connection.principal_href,
        collection__href__in=read,
    )
    since = timezone.now() - timedelta(days=settings.ICLOUD_WINDOW_DAYS_BACK)
    remove_slots(before, since, COMES_AGAIN, actor)


def choose_roles(
    account: AccountLook, target_href: str | None, mirrored: Iterable[str] | None
) -> dict[str, str]:
    """href -> role, exactly one target (D17)."""
    target = account.find(target_href) if target_href else account.first_writable()
    if not target.can_write:
        raise ConnectError(
            errors.READ_ONLY_TARGET.format(name=target.name or target.href), "target"
        )
    every = [info.href for info in account.collections]
    read = set(every) if mirrored is None else {account.find(href).href for href in mirrored}
    roles = {href: Role.MIRRORED.value if href in read else Role.IGNORED.value for href in every}
    return roles | {target.href: Role.TARGET.value}


def refuse_second_connection(user: User) -> None:
    """D17."""
    own = outbox.live(ICloudConnection.objects.filter(user=user)).first()
    if own:
        raise ConnectError(
            errors.OWN_LIVE_CONNECTION.format(user=user, apple_id=own.apple_id), "user"
        )


def refuse_taken(user: User, account: AccountLook) -> None:
    """D17, D18: one live connection a user, one user an account."""
    refuse_second_connection(user)
    same = Q(apple_id__iexact=account.apple_id)
    if account.principal_href:
        same |= Q(principal_href=account.principal_href)
    others = outbox.live(ICloudConnection.objects.filter(same, server_url=account.server_url))
    taken = others.select_related("user").first()
    if taken:
        raise ConnectError(errors.ACCOUNT_IN_USE.format(user=taken.user), "apple_id")


def connected_message(connection: ICloudConnection, chosen: list[Calendar]) -> str:
    ids = [calendar.pk for calendar in chosen]
    number = count_to_push(connection.user, connection.serves, ids, timezone.now())
    target = connection.collections.get(role=Role.TARGET)
    return (
        f"Connected {connection.apple_id}: new events go to “{target}”, "
        f"{counted(number, 'appointment')} to send."
    )
