"""A web server of map extracts on loopback that misbehaves on demand."""

import hashlib
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from shapely.geometry import box, mapping


@dataclass
class Mirror:
    """A web server's files and its moods. `drops`: how often to hang up half-way."""

    files: dict[str, bytes] = field(default_factory=dict)
    drops: int = 0
    errors: int = 0
    ranges: bool = True
    heads: bool = True
    sizes: dict[str, int] = field(default_factory=dict)  # said to HEAD, true or not
    asked: list[tuple[str, str]] = field(default_factory=list)  # path, Range header
    headed: list[str] = field(default_factory=list)
    url: str = ""

    def put(self, path: str, body: bytes, md5: str = "") -> None:
        """A file and its checksum beside it."""
        digest = md5 or hashlib.md5(body, usedforsecurity=False).hexdigest()
        self.files[path] = body
        self.files[f"{path}.md5"] = f"{digest}  {path.rsplit('/', 1)[-1]}\n".encode()

    def publish(self, extents: dict[str, Sequence[float]]) -> None:
        """An index of rectangles, its files named by the official host as in the real one."""
        features = [
            {
                "type": "Feature",
                "properties": {
                    "id": id_,
                    "name": id_.title(),
                    "urls": {"pbf": f"https://download.geofabrik.de/{id_}-latest.osm.pbf"},
                },
                "geometry": mapping(box(*extent)),
            }
            for id_, extent in extents.items()
        ]
        index = {"type": "FeatureCollection", "features": features}
        self.files["/index-v1.json"] = json.dumps(index).encode()

    def ranges_of(self, path: str) -> list[str]:
        return [range_ for asked, range_ in self.asked if asked == path]


class Handler(BaseHTTPRequestHandler):
    """Serves the mirror's files, with Range where it has them."""

    mirror: Mirror

    def do_GET(self) -> None:
        mirror, path = self.mirror, self.path
        wanted = self.headers.get("Range", "")
        mirror.asked.append((path, wanted))
        body = mirror.files.get(path)
        if body is None or mirror.errors:
            mirror.errors -= body is not None
            self.send_error(404 if body is None else 503)
            return
        start = int(wanted[6:-1]) if wanted and mirror.ranges else 0
        if start and start >= len(body):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(body)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        self._send(body[start:])

    def do_HEAD(self) -> None:
        mirror, path = self.mirror, self.path
        mirror.headed.append(path)
        body = mirror.files.get(path)
        if body is None or not mirror.heads:
            self.send_error(404 if body is None else 501)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(mirror.sizes.get(path, len(body))))
        self.send_header("ETag", f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()[:8]}"')
        self.send_header("Last-Modified", "Fri, 27 Nov 2026 21:00:00 GMT")
        self.end_headers()

    def _send(self, body: bytes) -> None:
        if self.mirror.drops and self.path.endswith(".pbf"):
            self.mirror.drops -= 1
            body = body[: len(body) // 2]
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Be quiet."""


@contextmanager
def serve_mirror() -> Iterator[Mirror]:
    """A server without any file yet."""
    it = Mirror()
    handler = type("Bound", (Handler,), {"mirror": it})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        it.url = f"http://127.0.0.1:{server.server_port}"
        yield it
        server.shutdown()
        thread.join()
