"""What rows are known by."""

import pytest

from app.lists.identity import domain_key, phone_key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("808-955-0123", "8089550123"),
        ("+1 (808) 955 0123", "8089550123"),
        ("808.955.0123 ext. 45", "8089550123"),
        ("808-955-0123 x45", "8089550123"),
        ("808-955-0123 (cell)", "8089550123"),
        ("808-955-0123; 808-955-9999 home", "8089550123"),
        ("01624 675663", "01624675663"),
        ("n/a", ""),
        ("911", ""),
        ("000-000-0000", ""),
    ],
)
def test_phones_are_compared_by_their_digits(text, key):
    assert phone_key(text) == key


@pytest.mark.parametrize(
    ("website", "email", "key"),
    [
        ("https://www.Pine.com/about?x=1", "", "pine.com"),
        ("pine.com", "", "pine.com"),
        ("http://user@pine.com:8080", "", "pine.com"),
        ("", "info@pine.com", "pine.com"),
        ("facebook.com/pine", "info@pine.com", "pine.com"),
        ("", "pine@gmail.com", ""),
        ("none", "none", ""),
    ],
)
def test_a_domain_is_the_firms_own(website, email, key):
    assert domain_key(website, email) == key
