"""One identity a resource, however it is spelled."""

import pytest

from icloud_sync.remote.hrefs import absolute, canonical, is_resource, origin, same_resource


@pytest.mark.parametrize(
    "spelled",
    [
        "/123/calendars/home/a@b.ics",
        "/123/calendars/home/a%40b.ics",
        "https://p12-caldav.icloud.com:443/123/calendars/home/a%40b.ics",
        "https://caldav.icloud.com/123/calendars/home/a@b.ics",
        "  /123/calendars/home/a@b.ics\n",
        "a@b.ics",
        "./a%40b.ics",
        "/123/calendars/home/../home/a@b.ics",
    ],
)
def test_every_spelling_of_an_href_is_one_identity(spelled: str) -> None:
    assert canonical(spelled, "/123/calendars/home/") == "/123/calendars/home/a@b.ics"


@pytest.mark.parametrize(
    ("spelled", "expected"),
    [
        ("/c/%c3%a9t%C3%A9.ics", "/c/%C3%A9t%C3%A9.ics"),
        ("/c/été.ics", "/c/%C3%A9t%C3%A9.ics"),
        ("/c/two words.ics", "/c/two%20words.ics"),
        ("/c/two%20words.ics", "/c/two%20words.ics"),
        ("/c/a%2Fb.ics", "/c/a%2Fb.ics"),  # a slash in a name is no other folder
        ("/c/100%25.ics", "/c/100%25.ics"),
        ("/c/a+b&c=d.ics", "/c/a+b&c=d.ics"),
        ("/c/%7euser.ics", "/c/~user.ics"),
        ("/c/", "/c/"),
        ("/", "/"),
        ("https://host", "/"),
        ("/c/%2e%2e/other/x.ics", "/other/x.ics"),
        ("/../../x", "/x"),
        ("https://host//c/a.ics", "/c/a.ics"),  # read again, "//c" would be a host
        ("/c//a.ics", "/c//a.ics"),
    ],
)
def test_percent_encoding_has_one_form(spelled: str, expected: str) -> None:
    assert canonical(spelled) == expected
    assert canonical(canonical(spelled)) == expected


def test_case_in_a_name_makes_another_resource() -> None:
    assert canonical("/c/A.ics") != canonical("/c/a.ics")


def test_a_trailing_slash_makes_no_other_resource() -> None:
    assert same_resource("/c/home/", "/c/home")
    assert not same_resource("/c/home/", "/c/home2/")


@pytest.mark.parametrize("href", ["/", "/c/", "/c/home/", "/name.ics", "//name.ics"])
def test_a_collection_is_no_resource(href: str) -> None:
    assert not is_resource(href)


def test_a_name_in_a_collection_is_a_resource() -> None:
    assert is_resource("/c/home/a.ics")


def test_the_default_port_is_no_part_of_an_origin() -> None:
    assert origin("https://p12-caldav.icloud.com:443/x") == "https://p12-caldav.icloud.com"
    assert origin("http://localhost:5232/x") == "http://localhost:5232"
    assert origin("http://[::1]:5232/") == "http://[::1]:5232"
    assert absolute("/c/a.ics", "https://h:8443/home/") == "https://h:8443/c/a.ics"
