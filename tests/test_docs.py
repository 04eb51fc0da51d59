"""The documents say what is there: settings, options, and examples that run."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from math import inf
from pathlib import Path
from urllib.request import urlopen

import pytest

from app.geo.geocoding.services.census import Census
from app.geo.geocoding.services.providers import PROVIDERS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCS = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")


def _examples() -> list[tuple[str, list[str]]]:
    """The commands of all examples, README first, each with the lines of output shown below it.

    In a `console` block a command follows "$ "; a `bash` block is one, to be pasted as it is.
    """
    found: list[tuple[str, list[str]]] = []
    for kind, block in re.findall(r"```(console|bash)\n(.*?)```", README + DOCS, re.DOTALL):
        if kind == "bash":
            found.append((block.strip(), []))
            continue
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            elif line != "...":
                found[-1][1].append(line)
    return found


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A folder such as a clone, with the examples."""
    folder = tmp_path_factory.mktemp("clone")
    (folder / "examples").symlink_to(ROOT / "examples")
    return folder


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory):
    """The environment of one who has nothing of ours yet: no settings, no data."""
    home = tmp_path_factory.mktemp("home")
    theirs = {name: value for name, value in os.environ.items() if not name.startswith("SWEETSPOT")}
    return theirs | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
        "XDG_DATA_HOME": str(home / "share"),
        "COLUMNS": "100",
    }


@pytest.fixture
def serve():
    """Start `sweetspot serve` in a folder and an environment, on a free port; gives its URL."""
    started = []

    def start(folder: Path, env: dict[str, str]) -> str:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [Path(sys.executable).with_name("sweetspot"), "serve", "--port", str(port)]
        started.append(subprocess.Popen(command, cwd=folder, env=env))
        url = f"http://127.0.0.1:{port}"
        for _ in range(600):
            try:
                urlopen(f"{url}/readyz", timeout=1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return url
        raise AssertionError("the API did not start in 30 s")

    yield start
    for process in started:
        process.terminate()
        process.wait(30)


def test_readme_examples_run(checkout, newcomer, serve):
    """Every example of the README and the docs runs in order and shows what is printed there."""
    local = [one for one in _examples() if "http://" not in one[0]]
    remote = [one for one in _examples() if "http://" in one[0]]
    assert len(local) >= 6
    assert len(remote) >= 3
    for command, shown in local:
        printed = [line.rstrip() for line in _run(command, checkout, newcomer).splitlines()]
        assert [line for line in shown if line not in printed] == [], command
    url = serve(checkout, newcomer)
    for command, _ in remote:
        asked = command.replace("http://127.0.0.1:8080", url).replace("curl", "curl -f")
        assert _run(asked, checkout, newcomer).strip()
    kept = Path(newcomer["XDG_DATA_HOME"]) / "sweetspot" / "regions" / "sample"
    assert kept.is_dir()
    assert not (checkout / "data").exists()


def test_the_readme_says_it_in_a_thousand_words():
    """And what comes back stands on the first screen."""
    assert len(README.split()) <= 1000
    assert "pass" in "\n".join(README.splitlines()[:30])


def _run(command: str, folder: Path, env: dict[str, str]) -> str:
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_geocoders_table_says_what_their_terms_are():
    text = (ROOT / "docs" / "geocoders.md").read_text(encoding="utf-8")
    spans = {365: "365 days", 30: "30 days", 180: "180 days", 3650: "10 years"}
    for service in (*PROVIDERS.values(), Census(lambda _: (200, b""))):
        row = re.search(rf"\| `{service.name}` \|([^|]*)\| ([^|]*) \| ([^|]*) \|", text)
        assert row, service.name
        assert row[3] == spans[service.terms.days]
        pace = "any" if service.terms.per_second == inf else f"{service.terms.per_second:g}"
        assert row[2].split(",")[0] == pace


def test_docs_show_what_the_partners_of_honolulu_are(run, oahu, monkeypatch):
    """The run printed in the docs, on the real map."""
    monkeypatch.setenv("SWEETSPOT_DATA_DIR", str(oahu.folder.parents[1]))
    ran = run("partners", "--home", "21.3069,-157.8583", "--minutes", "30")
    shown = re.search(r"--minutes 30\n(FNL.*?)```", DOCS, re.DOTALL)
    assert shown
    for line in filter(None, shown[1].splitlines()):
        assert line in ran.out
    ran = run("partners", "--home", "21.3069,-157.8583", "--minutes", "30", "--kind", "bank")
    assert "bank 45" in ran.out
    assert "45 are within the drive" in DOCS


def test_docs_show_the_industry_profile_of_georgia(run, shared):
    """Each row of the table printed in the docs, from the real list."""
    listed = shared / "data" / "lists" / "ppp-central-georgia.csv"
    columns = ("--column", "revenue=Jobs", "--column", "employees=Jobs")
    answer = json.loads(run("clients", "portfolio", str(listed), *columns, "--json").out)
    rows = re.findall(r"^\| (\d+) \| (.*?) \| (\d+) of (\d+) \|", DOCS, re.MULTILINE)
    assert len(rows) == 10
    told = [(n["code"], n["title"], n["top_clients"], n["clients"]) for n in answer["niches"]]
    assert [(code, title, int(top), int(n)) for code, title, top, n in rows] == told


def test_dockerfile_passes_its_linter():
    """Hadolint's rules, all of them."""
    done = subprocess.run(
        [Path(sys.executable).parent / "hadolint", ROOT / "Dockerfile"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
