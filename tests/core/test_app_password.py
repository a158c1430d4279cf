"""App-specific passwords as people type them, and what the server gets to see."""

import pytest

from icloud_sync.core.app_password import is_app_specific, normalized, visible

FORM = "abcd-efgh-ijkl-mnop"


@pytest.mark.parametrize(
    "typed",
    [
        FORM,
        f"  {FORM}\n",
        f"\N{NO-BREAK SPACE}{FORM}\N{NO-BREAK SPACE}",
        "abcdefghijklmnop",
        "abcd efgh ijkl mnop",
        "abcd\tefgh\nijkl\r\nmnop",
        "abcd - efgh - ijkl - mnop",
        "abcd\N{EN DASH}efgh\N{EN DASH}ijkl\N{EN DASH}mnop",
        "abcd\N{EM DASH}efgh\N{NON-BREAKING HYPHEN}ijkl\N{HYPHEN}mnop",
        "abcd\N{MINUS SIGN}efgh\N{FIGURE DASH}ijkl\N{FULLWIDTH HYPHEN-MINUS}mnop",
        "abcd\N{SOFT HYPHEN}efgh\N{SOFT HYPHEN}ijkl\N{SOFT HYPHEN}mnop",
        f"\N{ZERO WIDTH SPACE}{FORM}\N{ZERO WIDTH NO-BREAK SPACE}",
        "abcd-\N{ZERO WIDTH SPACE}efgh-ijkl-\N{WORD JOINER}mnop",
        f"\N{LEFT-TO-RIGHT MARK}{FORM}\N{POP DIRECTIONAL FORMATTING}",
        "Abcd-efgh-ijkl-mnop",
        "ABCD-EFGH-IJKL-MNOP",
        "ABCDEFGHIJKLMNOP",
        "abcdefgh-ijklmnop",
    ],
)
def test_however_it_is_typed_it_is_sent_as_apple_writes_it(typed: str) -> None:
    assert normalized(typed) == FORM
    assert is_app_specific(typed)


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("Summer2026!", "Summer2026!"),
        (" Summer2026! \n", "Summer2026!"),
        ("Sum\N{ZERO WIDTH SPACE}mer2026!", "Summer2026!"),
        ("correct horse battery staple", "correct horse battery staple"),
        ("pass\N{EN DASH}word-0001", "pass-word-0001"),
        ("abcd-efgh-ijkl", "abcd-efgh-ijkl"),
        ("abcdefghijklmno1", "abcdefghijklmno1"),
        ("abcdefghijklmnopq", "abcdefghijklmnopq"),
        ("ABCD-EFGH-IJKL", "ABCD-EFGH-IJKL"),
        ("pässwörterbücher", "pässwörterbücher"),
        ("\N{ZERO WIDTH SPACE}", ""),
        ("", ""),
    ],
)
def test_what_is_none_of_apple_s_keeps_its_letters(typed: str, sent: str) -> None:
    assert normalized(typed) == sent
    assert not is_app_specific(typed)


def test_what_was_put_right_once_stays_as_it_is() -> None:
    for typed in ("ABCDEFGHIJKLMNOP", " a\N{EN DASH}b c ", "Summer2026!"):
        assert normalized(normalized(typed)) == normalized(typed)


def test_an_address_loses_what_nobody_sees() -> None:
    assert visible("\N{ZERO WIDTH SPACE} anna@example.com\N{NO-BREAK SPACE}") == "anna@example.com"
