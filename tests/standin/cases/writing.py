"""S7, S12, S13, S15, S17: what becomes of a write."""

from tests.standin.cases.bench import Bench, Case, new_event
from tests.standin.conftest import Answer


def a_new_event(bench: Bench) -> tuple[int, bool]:
    answer = put_new(bench)
    return answer.status, "ETag" in answer.headers


def put_new(bench: Bench, *lines: str, **kwargs: str) -> Answer:
    uid, body = new_event(*lines, **kwargs)
    return bench.client()("PUT", f"{bench.href}{uid}.ics", body)


def two_hundred_letters(bench: Bench) -> tuple[int, bool]:
    answer = put_new(bench, "DESCRIPTION:" + 200 * "x")
    return answer.status, b"max-resource-size" in answer.body


CASES = [
    Case("put_without_etag", True, a_new_event, (201, True), (201, False)),
    Case("largest_body", 300, two_hundred_letters, (201, False), (403, True)),
]
