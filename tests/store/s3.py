"""A real S3-compatible server on loopback: moto's, with its own store in memory."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIA0NOT0A0SECRET",
    "AWS_SECRET_ACCESS_KEY": "very-secret",
    "AWS_REGION": "us-east-1",
}


@contextmanager
def s3_server(log: Path) -> Iterator[str]:
    """Its address, until the block ends; it has the bucket `lists`."""
    command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    with (
        log.open("wb") as said,
        subprocess.Popen(command, env=os.environ | CREDENTIALS, stdout=said, stderr=said) as server,
    ):
        try:
            url = _address(server, log)
            urlopen(Request(f"{url}/lists", method="PUT")).close()
            yield url
        finally:
            server.terminate()
            server.wait(30)


def _address(server: subprocess.Popen[bytes], log: Path) -> str:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if found := re.search(r"Running on (http://127\.0\.0\.1:\d+)", log.read_text()):
            return found[1]
        assert server.poll() is None, log.read_text()
        time.sleep(0.05)
    raise AssertionError(f"it did not say where it listens in a minute: {log.read_text()}")
