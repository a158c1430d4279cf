"""The phone page: what the owner of an account sees and does on an iPhone."""

from icloud_standin.messages import Request, Response
from icloud_standin.store import Store


class PhonePages:
    def __init__(self, store: Store) -> None:
        self.store = store

    def answer(self, request: Request) -> Response:
        return Response(404)
