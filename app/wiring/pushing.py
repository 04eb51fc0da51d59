"""Settings -> the tool that rows are sent to. Raises BadQuestion, naming the setting."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from math import inf
from threading import Lock
from urllib.parse import urlsplit

from app.errors import BadQuestion, NotAsked
from app.exports.mailing import brevo as brevo_file
from app.exports.mailing import hubspot as hubspot_file
from app.exports.mailing import listmonk as listmonk_file
from app.exports.mailing import mailchimp as mailchimp_file
from app.exports.push import brevo, hubspot, mailchimp, webhook
from app.exports.push.brevo import Brevo
from app.exports.push.hubspot import HubSpot
from app.exports.push.journal import journal_path
from app.exports.push.listmonk import Listmonk
from app.exports.push.mailchimp import Mailchimp, hosted_at
from app.exports.push.push import PushTarget
from app.exports.push.tool import PushTool
from app.exports.push.webhook import Webhook
from app.geo.geocoding.services.cache import GeocodeCache
from app.geo.http.public_address import public_address
from app.geo.http.request import host_of
from app.geo.http.sender import Sender
from app.settings import Settings
from app.wiring.setting_pairs import is_address, read_number, read_pairs

TOOLS = ("listmonk", "mailchimp", "hubspot", "brevo", "webhook")
_RULES = {
    "listmonk": listmonk_file.RULE,
    "mailchimp": mailchimp_file.RULE,
    "hubspot": hubspot_file.RULE,
    "brevo": brevo_file.RULE,
}
ATTEMPTS = 8  # with pauses that double from 0.1 s, or as the tool says; a push may wait
TIMEOUT_S = 120.0  # judgement: a batch of 500 takes Mailchimp many seconds


@dataclass
class RequestBudget:
    """Called before each request, retries included: counts it, then waits for its turn."""

    name: str
    most: float
    turn: Callable[[], None]
    asked: int = 0
    _lock: Lock = field(default_factory=Lock, repr=False)

    def __call__(self) -> None:
        """Raise NotAsked where the budget is used up."""
        with self._lock:
            if self.asked >= self.most:
                raise NotAsked(
                    f"{self.name}: the budget of {self.most:,.0f} requests for one push is used "
                    "up (SWEETSPOT_PUSH_BUDGETS)",
                    backend=self.name,
                )
            self.asked += 1
        self.turn()


def open_push_target(
    settings: Settings, turns: GeocodeCache, closing: ExitStack, name: str, list_id: str
) -> PushTarget:
    """That tool's list; `closing` closes its connections. `turns` paces all processes together."""
    tool, url = _make_tool(settings, name, list_id.strip())
    every_s = 1 / tool.terms.per_second
    turn = partial(turns.turn, f"push {name}", every_s) if every_s else lambda: None
    most = read_number(settings.push_budgets, "push_budgets", TOOLS, name, inf)
    guarded = name == "webhook" and not settings.push_private
    sender = Sender(
        name,
        frozenset({host_of(url)}),
        timeout_s=TIMEOUT_S,
        deadline_s=2 * TIMEOUT_S,
        attempts=ATTEMPTS,
        turn=RequestBudget(name, most, turn),
        address_of=public_address if guarded else None,
    )
    closing.callback(sender.close)
    where = journal_path(settings.data_dir / "pushes", name, f"{url} {list_id.strip()}")
    return PushTarget(tool, sender.ask, where, _RULES.get(name, ""))


def _make_tool(settings: Settings, name: str, list_id: str) -> tuple[PushTool, str]:
    """The tool, and where it answers."""
    key = read_pairs(settings.push_keys.get_secret_value(), "push_keys", TOOLS).get(name, "")
    url = read_pairs(settings.push_urls, "push_urls", TOOLS).get(name, "").rstrip("/")
    if not key:
        raise BadQuestion(f"{name}: SWEETSPOT_PUSH_KEYS has no {name}=...", field="push_keys")
    if name == "webhook":
        return _make_webhook(settings, list_id or url, key)
    if not list_id and name != "hubspot":
        raise BadQuestion(f"list: {name} needs the id of a list", field="list")
    url = url or {"brevo": brevo.HOSTED, "hubspot": hubspot.HOSTED}.get(name, hosted_at(key))
    _check_url(name, url)
    match name:
        case "listmonk":
            return Listmonk(url, _number(list_id), _login(key)), url
        case "mailchimp":
            return Mailchimp(url, list_id, mailchimp.key_header(key)), url
        case "hubspot":
            return HubSpot(url, list_id, {"authorization": f"Bearer {key}"}), url
    return Brevo(url, _number(list_id), {"api-key": key}), url


def _check_url(name: str, url: str) -> None:
    if not url and name == "mailchimp":
        raise BadQuestion(
            "SWEETSPOT_PUSH_KEYS: mailchimp's key ends with its data centre, such as -us21",
            field="push_keys",
        )
    if not is_address(url):
        raise BadQuestion(
            f"SWEETSPOT_PUSH_URLS: expected {name}=http://... or https://...", field="push_urls"
        )


def _make_webhook(settings: Settings, url: str, key: str) -> tuple[PushTool, str]:
    if not is_address(url):
        raise BadQuestion("list: expected the webhook's address, https://...", field="list")
    if urlsplit(url).scheme != "https" and not settings.push_private:
        raise BadQuestion(
            "list: a webhook's address begins with https://; for one in your own network set "
            "SWEETSPOT_PUSH_PRIVATE=true",
            field="list",
        )
    return Webhook(url, webhook.read_secret(key)), url


def _number(list_id: str) -> int:
    if not list_id.isascii() or not list_id.isdigit():
        raise BadQuestion(f"list: expected a list's number, got {list_id!r}", field="list")
    return int(list_id)


def _login(key: str) -> Mapping[str, str]:
    """An API user's name and token."""
    if ":" not in key:
        raise BadQuestion(
            "SWEETSPOT_PUSH_KEYS: expected listmonk=USER:TOKEN, of an API user", field="push_keys"
        )
    return {"authorization": f"token {key}"}
