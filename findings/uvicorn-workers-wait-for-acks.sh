#!/bin/sh
# With --workers 2 uvicorn answers each request on a kept connection some 40 ms later than with one.
#
# A good guess: asyncio sets TCP_NODELAY on every TCP connection (since Python 3.6), so the number
# of worker processes changes nothing about a single client's wait.
# What really happens: with several workers uvicorn binds the socket itself and hands it down. It is
# made without naming a protocol, so Python calls its protocol 0, and so that of each connection
# accepted from it; asyncio sets TCP_NODELAY only where the protocol is called IPPROTO_TCP. Headers
# and body go out as two writes, the second waits for the client's delayed ACK: 40 ms on Linux, on
# loopback too, from the second request on. Seen with uvicorn 0.38.0 and 0.54.0; see
# https://github.com/Kludex/uvicorn/issues/3149 (September 2026).
# Why it matters: a second worker, added for speed, made one client's 50 ms answers take 95 ms.
# The way out: bind a socket that was made with proto=IPPROTO_TCP and give it to uvicorn
# (Server.serve(sockets=...), or the supervisor's sockets).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python=python3
"$python" -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check "uvicorn==${UVICORN:-0.54.0}"
cat > "$folder/twowrites.py" <<'PY'
async def app(scope, receive, send):
    assert scope["type"] == "http"
    headers = [(b"content-length", b"5")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"hello"})
PY
cat > "$folder/show.py" <<'PY'
import http.client
import signal
import socket
import statistics
import subprocess
import sys
import time
from importlib.metadata import version


def milliseconds(workers):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "twowrites:app", "--lifespan", "off",
               "--port", str(port), "--workers", str(workers), "--log-level", "critical"]
    with subprocess.Popen(command) as server:
        try:
            client = connected(port)
            times = []
            for _ in range(20):
                begun = time.perf_counter()
                client.request("GET", "/")
                client.getresponse().read()
                times.append(1000 * (time.perf_counter() - begun))
            client.close()
        finally:
            server.send_signal(signal.SIGTERM)
    return statistics.median(times[1:])


def connected(port):
    for _ in range(200):
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            client.connect()
            return client
        except OSError:
            time.sleep(0.1)
    raise SystemExit("uvicorn did not start")


one, two = milliseconds(1), milliseconds(2)
print(f"Python {sys.version.split()[0]}, uvicorn {version('uvicorn')}, {sys.platform}")
print(f"median of 19 requests on one kept connection: 1 worker {one:.1f} ms, 2 workers {two:.1f} ms")
as_found = one < 20 < 35 < two < 60
print("as found" if as_found else "NO LONGER as found")
sys.exit(not as_found)
PY
cd "$folder" && env/bin/python show.py
