"""The signed webhook: what a receiver sees, and which addresses are none of ours to ask."""

import re
import time
from pathlib import Path

import pytest

from app.exports.push.webhook import sign_webhook
from tests.exports.push_servers import FakeReceiver, answer_csv, push_settings, serve_tool

ROWS = 150  # two batches
DOCS = Path(__file__).parents[2] / "docs" / "exports.md"
pytestmark = pytest.mark.usefixtures("impatient")


@pytest.fixture
def receiver():
    with serve_tool("webhook") as made:
        yield made


@pytest.fixture
def push(run, receiver, monkeypatch, tmp_path):
    answer = tmp_path / "found.csv"
    answer.write_text(answer_csv(ROWS))
    monkeypatch.setenv("SWEETSPOT_DATA_DIR", str(tmp_path / "data"))
    for variable, value in push_settings("webhook", receiver).items():
        monkeypatch.setenv(variable, value)
    return lambda *options: run("push", str(answer), "--to", "webhook", *options)


def _documented():
    """The function that docs/exports.md shows to receivers."""
    (code,) = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    names = {}
    exec(code, names)  # noqa: S102 -- ours
    return names["is_ours"]


def test_the_documented_check_takes_what_is_sent_once(push, receiver):
    assert push().code == 0
    is_ours, seen = _documented(), set()
    assert len(receiver.raw) == 2
    for headers, body in receiver.raw:
        assert is_ours(headers, body, receiver.key, seen)
        assert not is_ours(headers, body, receiver.key, seen)  # a replay
        assert not is_ours(headers, body + b" ", receiver.key, set())
        assert not is_ours(headers, body, "whsec_" + "A" * 32, set())
        assert not is_ours(headers | {"webhook-id": "msg_other"}, body, receiver.key, set())


def test_the_documented_check_refuses_what_is_old_or_of_the_future():
    is_ours, secret = _documented(), FakeReceiver.secret
    key, body = b"0123456789abcdef0123456789abcdef", b"{}"
    for late, taken in ((0, True), (290, True), (310, False), (-310, False)):
        headers = dict(sign_webhook(key, "msg_1", int(time.time()) - late, body))
        assert is_ours(headers, body, secret, set()) is taken


def test_the_signature_is_that_of_the_specification():
    """Its own example: secret, id, time, body and signature."""
    key = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    import base64

    headers = sign_webhook(
        base64.b64decode(key), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_batch_that_is_sent_again_has_its_first_id(push, receiver):
    """Its answer was lost and the push stopped: the receiver takes it for what it is."""
    receiver.moods.extend([None, "drop after", *[(503, b"", {})] * 40])
    assert push().code == 3
    receiver.moods.clear()
    assert push().code == 0
    first, *rest = [headers["webhook-id"] for headers, _ in receiver.raw]
    assert first not in rest
    assert len(set(rest)) == 1
    assert len(receiver.holds) == receiver.writes == ROWS


def test_again_is_another_push(push, receiver):
    push()
    ids = set(receiver.seen)
    receiver.holds.clear()
    push("--again")
    assert len(receiver.seen - ids) == 2


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://hooks.example.com/in", "begins with https://"),
        ("https://127.0.0.1/in", "127.0.0.1, an address that is not public"),
        ("https://localhost:8443/in", "an address that is not public"),
        ("https://[::ffff:10.0.0.1]/in", "an address that is not public"),
        ("https://169.254.169.254/latest/meta-data", "an address that is not public"),
        ("ftp://hooks.example.com", "expected the webhook's address"),
        ("https://", "expected the webhook's address"),
    ],
)
def test_where_a_webhook_may_not_go(push, receiver, monkeypatch, url, said):
    monkeypatch.setenv("SWEETSPOT_PUSH_PRIVATE", "false")
    ran = push("--list", url)
    assert ran.code == 2
    assert said in ran.err
    assert receiver.asked == []


@pytest.mark.parametrize("key", ["whsec_c2hvcnQ=", "whsec_!!", "plain text"])
def test_a_secret_that_is_none(push, receiver, monkeypatch, key):
    monkeypatch.setenv("SWEETSPOT_PUSH_KEYS", f"webhook={key}")
    ran = push()
    assert ran.code == 2
    assert "random bytes in base64" in ran.err
    assert key not in ran.err
    assert receiver.asked == []


@pytest.mark.parametrize(
    ("variable", "value", "to", "said"),
    [
        ("KEYS", "brevo=k", "mailchimp", "SWEETSPOT_PUSH_KEYS has no mailchimp=..."),
        ("KEYS", "mailchimp=k", "mailchimp", "ends with its data centre, such as -us21"),
        ("KEYS", "listmonk=k", "listmonk", "expected listmonk=USER:TOKEN"),
        ("KEYS", "nobody=k", "brevo", "the names are listmonk, mailchimp"),
        ("URLS", "listmonk=lists.example.com", "listmonk", "expected listmonk=http://"),
        ("BUDGETS", "brevo=many", "brevo", "brevo has no number from 0 up"),
    ],
)
def test_a_setting_that_can_t_be_used(run, monkeypatch, tmp_path, variable, value, to, said):
    keys = "brevo=k,listmonk=a:b,mailchimp=k-us1"
    monkeypatch.setenv("SWEETSPOT_PUSH_KEYS", keys)
    monkeypatch.setenv("SWEETSPOT_PUSH_URLS", "listmonk=http://127.0.0.1:9")
    monkeypatch.setenv(f"SWEETSPOT_PUSH_{variable}", value)
    path = tmp_path / "found.csv"
    path.write_text(answer_csv(1))
    ran = run("push", str(path), "--to", to, "--list", "7")
    assert ran.code == 2
    assert said in ran.err


@pytest.mark.parametrize(("to", "listed"), [("brevo", ""), ("brevo", "abc"), ("listmonk", "٣")])
def test_a_list_that_is_none(run, monkeypatch, tmp_path, to, listed):
    monkeypatch.setenv("SWEETSPOT_PUSH_KEYS", "brevo=k,listmonk=a:b")
    monkeypatch.setenv("SWEETSPOT_PUSH_URLS", "listmonk=http://127.0.0.1:9")
    path = tmp_path / "found.csv"
    path.write_text(answer_csv(1))
    ran = run("push", str(path), "--to", to, "--list", listed)
    assert ran.code == 2
    assert ran.err.startswith("sweetspot: list: ")
