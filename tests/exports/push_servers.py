"""Tools that rows are sent to, each a real server on loopback that answers as documented.

What a test wants to go wrong is in `moods`, of which each request takes the first; a tool's own
rules (its key, its lists, what it refuses) are those of its documentation. `holds` is what it has
at last, by our external id.
"""

import base64
import hmac
import json
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

type Answer = tuple[int, Any]
DROP, DROP_AFTER = "drop", "drop after"  # moods: hang up before, or after it is done


@dataclass(frozen=True)
class Asked:
    """One request, its headers by their names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw) if self.raw else None


class FakeTool:
    """What they have in common. `refuses`: email or id -> the tool's words."""

    key = "k3y"
    most = 10**9  # records in one request

    def __init__(self) -> None:
        self.holds: dict[str, Any] = {}
        self.refuses: dict[str, str] = {}
        self.moods: deque[Any] = deque()
        self.asked: list[tuple[str, str]] = []
        self.sizes: list[int] = []  # of the batches it took
        self.writes = 0  # records created or updated
        self.expires_after = 10**9  # requests, after which the key is none
        self.per_second = 0.0  # more get 429
        self.latency_s = 0.0
        self.url = ""
        self._lock = threading.Lock()
        self._due = 0.0

    def answer(self, asked: Asked) -> Answer:
        """Status and body, as JSON."""
        raise NotImplementedError

    def login(self, headers: Mapping[str, str]) -> str:
        """The key of a request; that of a webhook has none."""
        raise NotImplementedError

    def late(self) -> bool:
        """Whether that was one more than it takes in a second."""
        now, every = time.monotonic(), 1 / self.per_second if self.per_second else 0.0
        if every and now < self._due - every:  # one may come early by the clock's jitter
            return True
        self._due = max(self._due, now) + every
        return False


class FakeListmonk(FakeTool):
    key = "robot:t0ken"

    def __init__(self) -> None:
        super().__init__()
        self.by_email: dict[str, dict[str, Any]] = {}
        self.lists, self.managed = {7, 8}, {7, 8}

    def login(self, headers):
        return headers["authorization"].removeprefix("token ")

    def answer(self, asked):
        method, path, body = asked.method, asked.path, asked.body
        if found := re.fullmatch(r"/api/lists/(\d+)", path):
            there = int(found[1]) in self.lists
            return (200, {"data": {}}) if there else (400, {"message": "List not found"})
        if method == "POST":
            return self._create(body)
        if method == "GET":
            query = parse_qs(urlsplit(path).query)["query"][0]
            email = re.fullmatch(r"subscribers\.email = '(.*)'", query)[1].replace("''", "'")
            return 200, {"data": {"results": [self.by_email[email]]}}
        return self._update(int(path.rpartition("/")[2]), body)

    def _create(self, body):
        email = body["email"].lower()
        if email in self.refuses:
            return 400, {"message": self.refuses[email]}
        if email in self.by_email:
            return 409, {"message": "E-mail already exists."}
        made = {"id": len(self.by_email) + 1, "email": email, "status": "enabled", "lists": []}
        self.by_email[email] = made
        return self._store(made, body)

    def _update(self, number, body):
        made = next(one for one in self.by_email.values() if one["id"] == number)
        states = {one["id"]: one for one in made["lists"]}
        made["lists"] = [states[n] for n in body["lists"] if n in states]
        return self._store(made, body)

    def _store(self, made, body):
        """Lists that the user may not manage are left out in silence, as in cmd/subscribers.go."""
        has = {one["id"] for one in made["lists"]}
        new = [n for n in body["lists"] if n in self.managed - has]
        made["lists"] += [{"id": n, "subscription_status": "unconfirmed"} for n in new]
        made |= {"name": body["name"], "attribs": body["attribs"], "status": body["status"]}
        self.holds[body["attribs"]["external_id"]] = made
        self.writes += 1
        return 200, {"data": made}


class FakeMailchimp(FakeTool):
    key = "abcdef-us21"
    most = 500

    def login(self, headers):
        return base64.b64decode(headers["authorization"].split()[1]).decode().partition(":")[2]

    def answer(self, asked):
        method, path, body = asked.method, asked.path, asked.body
        if urlsplit(path).path != "/3.0/lists/a1b2c3":
            return 404, {"title": "Resource Not Found", "detail": "No such audience."}
        if method == "GET":
            return 200, {"id": "a1b2c3"}
        if len(body["members"]) > self.most:
            return 400, {"title": "Invalid Resource", "detail": "Only 500 members are allowed."}
        self.sizes.append(len(body["members"]))
        said = {"new_members": [], "updated_members": [], "errors": []}
        for one in body["members"]:
            self._take(one, said)
        return 200, said

    def _take(self, one, said):
        email = one["email_address"]
        if email in self.refuses:
            error = {"email_address": email, "error": self.refuses[email]}
            said["errors"].append(error | {"error_code": "ERROR_GENERIC"})
            return
        name = one["merge_fields"]["EXTERNALID"]
        known = "updated_members" if name in self.holds else "new_members"
        said[known].append({"email_address": email.upper(), "status": one["status"]})
        self.holds[name] = one
        self.writes += 1


class FakeHubSpot(FakeTool):
    key = "pat-na1-x"
    most = 100

    def __init__(self) -> None:
        super().__init__()
        self.listed: set[str] = set()
        self.multi_status = True  # else one bad input spoils all
        self.silent: set[str] = set()  # ids that neither results nor errors name

    def login(self, headers):
        return headers["authorization"].removeprefix("Bearer ")

    def answer(self, asked):
        method, path, body = asked.method, asked.path, asked.body
        if path.startswith("/crm/v3/lists/"):
            if not path.startswith("/crm/v3/lists/7"):
                return 404, {"message": "List does not exist", "category": "OBJECT_NOT_FOUND"}
            if method == "PUT":
                self.listed |= set(body)
            return 200, {"recordsIdsAdded": body or []}
        inputs = body["inputs"]
        if len(inputs) > self.most:
            return 400, {"message": "too many", "category": "VALIDATION_ERROR"}
        bad = [one for one in inputs if one["id"] in self.refuses]
        if bad and not self.multi_status:
            return 400, {"message": self.refuses[bad[0]["id"]], "category": "VALIDATION_ERROR"}
        self.sizes.append(len(inputs))
        return self._upsert(inputs, bad)

    def _upsert(self, inputs, bad):
        results = []
        for one in inputs:
            if one["id"] in self.refuses or one["id"] in self.silent:
                continue
            assert one["idProperty"] == "sweetspot_id"
            self.holds.setdefault(one["id"], {"id": str(1000 + len(self.holds))})
            self.holds[one["id"]] |= {"properties": one["properties"]}
            self.writes += 1
            results.append(self.holds[one["id"]])
        errors = [
            {
                "status": "error",
                "category": "VALIDATION_ERROR",
                "message": self.refuses[one["id"]],
                "context": {"objectWriteTraceId": [one["objectWriteTraceId"]]},
            }
            for one in bad
        ]
        said = {"status": "COMPLETE", "results": results}
        return (207, said | {"numErrors": len(errors), "errors": errors}) if errors else (200, said)


class FakeBrevo(FakeTool):
    key = "xkeysib-1"

    def login(self, headers):
        return headers["api-key"]

    def answer(self, asked):
        method, path, body = asked.method, asked.path, asked.body
        if method == "GET":
            there = path == "/v3/contacts/lists/7"
            gone = {"code": "document_not_found", "message": "List ID does not exist"}
            return (200, {"id": 7}) if there else (404, gone)
        if body["email"] in self.refuses:
            return 400, {"code": "invalid_parameter", "message": self.refuses[body["email"]]}
        known = body["ext_id"] in self.holds
        self.holds[body["ext_id"]] = body
        self.writes += 1
        return (204, None) if known else (201, {"id": len(self.holds)})


class FakeReceiver(FakeTool):
    """A webhook's receiver that verifies as docs/exports.md shows, and takes each id once."""

    secret = base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
    key = f"whsec_{secret}"

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.raw: list[tuple[Mapping[str, str], bytes]] = []

    def login(self, _):
        return self.key

    def answer(self, asked):
        headers, raw = asked.headers, asked.raw
        self.raw.append((headers, raw))
        name, at = headers["webhook-id"], headers["webhook-timestamp"]
        signed = f"{name}.{at}.".encode() + raw
        digest = hmac.digest(base64.b64decode(self.secret), signed, "sha256")
        if headers["webhook-signature"] != f"v1,{base64.b64encode(digest).decode()}":
            return 400, {"message": "the signature is wrong"}
        if abs(time.time() - int(at)) > 300:
            return 400, {"message": "too old"}
        if name not in self.seen:
            self.seen.add(name)
            self.sizes.append(len(asked.body["data"]["contacts"]))
            for one in asked.body["data"]["contacts"]:
                assert one["external_id"] not in self.holds
                self.holds[one["external_id"]] = one
                self.writes += 1
        return 200, None


TOOLS: Mapping[str, Callable[[], FakeTool]] = {
    "listmonk": FakeListmonk,
    "mailchimp": FakeMailchimp,
    "hubspot": FakeHubSpot,
    "brevo": FakeBrevo,
    "webhook": FakeReceiver,
}
LISTS = {"listmonk": "7", "mailchimp": "a1b2c3", "hubspot": "7", "brevo": "7", "webhook": ""}


class _Handler(BaseHTTPRequestHandler):
    tool: FakeTool
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        tool = self.tool
        raw = self.rfile.read(int(self.headers.get("content-length", 0)))
        time.sleep(tool.latency_s)
        with tool._lock:
            tool.asked.append((self.command, self.path))
            mood = tool.moods.popleft() if tool.moods else None
            if mood == DROP:
                self.close_connection = True
                return
            if isinstance(mood, tuple):
                status, said, headers = mood
            else:
                status, said, headers = *self._answer(raw), {}
            if mood == DROP_AFTER:
                self.close_connection = True
                return
        self._send(status, said, headers)

    do_POST = do_PUT = do_GET  # noqa: N815 -- the names http.server looks for

    def _answer(self, raw):
        tool = self.tool
        headers = {name.lower(): value for name, value in self.headers.items()}
        if len(tool.asked) > tool.expires_after or tool.login(headers) != tool.key:
            return 401, {"message": "Key not found"}
        if tool.per_second and tool.late():
            return 429, {"message": "too many requests"}
        return tool.answer(Asked(self.command, self.path, headers, raw))

    def _send(self, status, said, headers):
        body = (
            said if isinstance(said, bytes) else b"" if said is None else json.dumps(said).encode()
        )
        self.send_response(status)
        for name, value in {"content-length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if status != 204:
            self.wfile.write(body)

    def log_message(self, *_):
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """A client that was killed is no error here."""


@contextmanager
def serve_tool(name: str) -> Iterator[Any]:
    """That tool, answering at its `url`."""
    tool = TOOLS[name]()
    with _Server(("127.0.0.1", 0), type("Bound", (_Handler,), {"tool": tool})) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        tool.url = f"http://127.0.0.1:{server.server_port}"
        yield tool
        server.shutdown()
        thread.join()


def push_settings(name: str, tool: FakeTool) -> dict[str, str]:
    """The environment in which `push` sends to it."""
    return {
        "SWEETSPOT_PUSH_KEYS": f"{name}={tool.key}",
        "SWEETSPOT_PUSH_URLS": f"{name}={tool.url}",
        "SWEETSPOT_PUSH_PRIVATE": "true",
    }


def answer_csv(rows: int) -> str:
    """An answer with so many passing rows, each another business."""
    head = "Company Name,Address,City,State,ZIP Code,Phone,Email,Contact Name"
    lines = [f"{head},sweetspot_verdict,sweetspot_minutes,sweetspot_lat,sweetspot_lon"]
    for i in range(rows):
        phone = f"(808) 5{20 + i // 10_000}-{i % 10_000:04d}"
        lines.append(
            f"Firm No {i},{i + 1} Main Street,Honolulu,HI,96813,{phone},info@firm{i}.com,"
            f"Ann Lee,pass,{i % 50}.5,{21 + i * 1e-3:.5f},-157.85"
        )
    return "\n".join(lines) + "\n"
