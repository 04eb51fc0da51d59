"""The contract of a row store, over a folder and over a real server that speaks S3."""

import multiprocessing
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from app.errors import BadInput, NoRoom, NoSuchRows, StorageFailed
from app.store.file_cache import READ_S, FileCache
from app.store.row_store import RowStore, open_row_store
from tests.store.s3 import CREDENTIALS, s3_server

SOME = b"rows" * 1000
OTHER = b"other rows" * 2_000_000  # 20 MB: several parts of an upload
NOT_NAMES = [
    "",
    "/a",
    "a/",
    "a//b",
    "../a",
    "a/../b",
    "a/./b",
    ".hidden",
    "a\\b",
    "a b",
    "é",
    "a\n",
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with s3_server(tmp_path_factory.mktemp("s3") / "log") as url:
        yield url


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    sign(monkeypatch)


def sign(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(params=["folder", "s3"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """URL and endpoint of an empty store."""
    if request.param == "folder":
        return "", ""
    request.getfixturevalue("credentials")
    return f"s3://lists/{tmp_path.name}", request.getfixturevalue("server")


@pytest.fixture
def store(where: tuple[str, str], tmp_path: Path) -> RowStore:
    return open_row_store(*where, tmp_path / "rows", tmp_path / "copies", 100)


@pytest.fixture
def s3(tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch) -> RowStore:
    sign(monkeypatch)
    return at(f"s3://lists/{tmp_path.name}", server, tmp_path)


def at(url: str, endpoint: str, folder: Path, megabytes: float = 100) -> RowStore:
    return open_row_store(url, endpoint, folder / "rows", folder / "copies", megabytes)


def made(tmp_path: Path, content: bytes = SOME) -> Path:
    path = tmp_path / f"source-{time.monotonic_ns()}"
    path.write_bytes(content)
    return path


# --- the contract ------------------------------------------------------------------------------


def test_what_is_put_is_what_is_got(store: RowStore, tmp_path: Path) -> None:
    """Byte for byte, small and in several parts; the source stays where it is."""
    for name, content in (("1/ab/rows.parquet", SOME), ("1/ab/big", OTHER), ("1/ab/none", b"")):
        source = made(tmp_path, content)
        store.put(name, source)
        assert store.get(name).read_bytes() == content
        assert source.read_bytes() == content


def test_a_name_is_stored_anew(store: RowStore, tmp_path: Path) -> None:
    """The next `get` has the new rows; who had opened the old ones reads them to their end."""
    store.put("1/rows", made(tmp_path, SOME))
    with store.get("1/rows").open("rb") as open_before:
        store.put("1/rows", made(tmp_path, OTHER))
        assert store.get("1/rows").read_bytes() == OTHER
        assert open_before.read() == SOME
    assert store.names("") == ["1/rows"]


def test_another_one_sees_it_at_once(
    store: RowStore, where: tuple[str, str], tmp_path: Path
) -> None:
    """Another process has the same URL and, on another machine, its own copies."""
    other = open_row_store(*where, tmp_path / "rows", tmp_path / "other copies", 100)
    for content in (SOME, b"newer"):
        store.put("1/rows", made(tmp_path, content))
        assert other.get("1/rows").read_bytes() == content
    assert other.delete("1") == 1
    with pytest.raises(NoSuchRows, match="1/rows"):
        store.get("1/rows")


def test_names_below_a_prefix(store: RowStore, tmp_path: Path) -> None:
    """A folder's, or the one of that name, never those that only begin alike."""
    assert store.names("") == store.names("1") == []
    names = ["1/a/rows", "1/a/fixes.parquet", "1/ab/rows", "12/a/rows", "top"]
    for name in names:
        store.put(name, made(tmp_path))
    assert store.names("") == sorted(names)
    assert store.names("1") == ["1/a/fixes.parquet", "1/a/rows", "1/ab/rows"]
    assert store.names("1/a") == ["1/a/fixes.parquet", "1/a/rows"]
    assert store.names("1/a/fix") == []
    assert store.names("1/a/rows") == ["1/a/rows"]


def test_deleted_is_deleted(store: RowStore, tmp_path: Path) -> None:
    """All below, and the copies of it; nothing beside it."""
    for name in ("1/a/rows", "1/a/b/fixes", "1/ab/rows", "top"):
        source = made(tmp_path, f"secret {name}".encode())
        store.put(name, source)
        store.get(name)
        source.unlink()
    assert store.delete("1/a") == 2
    assert store.delete("1/a") == 0
    assert store.names("") == ["1/ab/rows", "top"]
    for name in ("1/a/rows", "1/a/b/fixes", "never"):
        with pytest.raises(NoSuchRows, match=name):
            store.get(name)
    left = [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()]
    assert not any(b"secret 1/a/" in content for content in left)
    assert store.delete("top") == 1
    assert store.delete("") == 1
    assert store.names("") == []


@pytest.mark.parametrize("name", NOT_NAMES)
def test_what_is_no_name_is_refused(store: RowStore, tmp_path: Path, name: str) -> None:
    """Before anything is asked or written: it is a mistake in the program."""
    with pytest.raises(ValueError, match="no name of a row store"):
        store.put(name, made(tmp_path))
    with pytest.raises(ValueError, match="no name of a row store"):
        store.get(name)
    for ask in (store.names, store.delete) if name else ():
        with pytest.raises(ValueError, match="no name of a row store"):
            ask(name)
    assert store.names("") == []


def test_many_at_once(store: RowStore, where: tuple[str, str], tmp_path: Path) -> None:
    """Threads and processes write and read one name: each reads one of the files, whole."""
    contents = [bytes([letter]) * 6_000_000 for letter in b"abcd"]
    sources = [made(tmp_path, content) for content in contents]
    store.put("1/rows", sources[0])
    wrong: list[str] = []

    def use(source: Path) -> None:
        for _ in range(3):
            store.put("1/rows", source)
            if store.get("1/rows").read_bytes() not in contents:
                wrong.append(source.name)

    threads = [threading.Thread(target=use, args=(source,)) for source in sources]
    spawning = multiprocessing.get_context("spawn")
    processes = [spawning.Process(target=_use, args=(where, tmp_path, one)) for one in sources[:2]]
    for one in (*processes, *threads):
        one.start()
    for one in (*threads, *processes):
        one.join(120)
    assert wrong == []
    assert [one.exitcode for one in processes] == [0, 0]
    assert store.names("") == ["1/rows"]


def _use(where: tuple[str, str], folder: Path, source: Path) -> None:
    store = at(*where, folder)
    for _ in range(3):
        store.put("1/rows", source)
        assert len(set(store.get("1/rows").read_bytes())) == 1


# --- the folder --------------------------------------------------------------------------------


def test_killed_while_it_writes_nothing_has_the_name(tmp_path: Path) -> None:
    """Nor does what is unfinished count; deleting takes it along."""
    store = at("", "", tmp_path)
    store.put("1/a/rows", made(tmp_path))
    unfinished = tmp_path / "rows" / "1" / "a" / ".fixes.1.2.part"
    unfinished.write_bytes(b"half")
    assert store.names("") == ["1/a/rows"]
    assert store.delete("1/a") == 1
    assert not unfinished.exists()


def test_a_folder_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "rows").write_text("a file")
    with pytest.raises(StorageFailed, match=r"can't be used .*SWEETSPOT_DATA_DIR"):
        at("", "", tmp_path).put("1/rows", made(tmp_path))


# --- the object store --------------------------------------------------------------------------


def test_rows_that_did_not_change_are_not_sent_again(s3: RowStore, tmp_path: Path) -> None:
    """The copy itself, not one like it."""
    s3.put("1/rows", made(tmp_path))
    first = s3.get("1/rows")
    before = first.stat().st_ino
    assert s3.get("1/rows") == first
    assert first.stat().st_ino == before


def test_copies_are_dropped_oldest_first_but_for_those_in_use(tmp_path: Path) -> None:
    cache = FileCache(tmp_path, 3)
    paths = [cache.fill(f"1/{n}", '"v"', [b"x" * 1_000_000]) for n in range(5)]
    assert all(path.exists() for path in paths)
    for age, path in enumerate(reversed(paths)):
        os.utime(path, times=(time.time() - READ_S - 60 - age,) * 2)
    assert cache.find("1/0") == ('"v"', paths[0])
    newest = cache.fill("1/new", '"v"', [b"x" * 1_000_000])
    there = [path.exists() for path in (*paths, newest)]
    assert there == [True, False, False, False, True, True]


def test_copies_are_dropped_by_several_at_once(tmp_path: Path) -> None:
    """As where two processes hear of the same deletion."""
    cache = FileCache(tmp_path, 1000)
    for n in range(300):
        cache.fill(f"1/{n % 10}/{n}", '"v"', [b""])
    with ThreadPoolExecutor() as pool:
        list(pool.map(cache.drop, ["1"] * 4))
    assert not [file for file in tmp_path.rglob("*") if file.is_file()]


def test_a_copy_that_broke_off_is_none(tmp_path: Path) -> None:
    def breaking() -> Iterator[bytes]:
        yield b"half"
        raise ZeroDivisionError

    cache = FileCache(tmp_path, 1)
    with pytest.raises(ZeroDivisionError):
        cache.fill("1/rows", '"v"', breaking())
    assert cache.find("1/rows") is None
    assert not [file for file in tmp_path.rglob("*") if file.is_file()]


@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize(
    ("url", "said"),
    [("s3://no-such-bucket/x", "NoSuchBucket"), ("s3://lists/x", "HTTP error")],
)
def test_a_store_that_fails_is_one_sentence(
    tmp_path: Path, server: str, url: str, said: str
) -> None:
    """A bucket that is not there, a server that is not there; which setting to look at."""
    endpoint = server if said == "NoSuchBucket" else "http://127.0.0.1:9"
    store, source = at(url, endpoint, tmp_path), made(tmp_path)
    for ask in (lambda: store.put("a", source), lambda: store.get("a"), lambda: store.delete("a")):
        with pytest.raises(StorageFailed, match=said) as failed:
            ask()
        assert not isinstance(failed.value, NoSuchRows)
        assert f"{url} can't be used" in str(failed.value)
        assert "SWEETSPOT_ROWS_ENDPOINT" in str(failed.value)
        assert "\n" not in str(failed.value)


@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [(403, "SignatureDoesNotMatch", StorageFailed), (507, "XMinioStorageFull", NoRoom)],
)
def test_no_secret_is_said(
    tmp_path: Path, status: int, code: str, kind: type[StorageFailed]
) -> None:
    """What S3 says of a wrong signature names the key; a full server is NoRoom."""
    key = CREDENTIALS["AWS_ACCESS_KEY_ID"]
    said = f"<Error><Code>{code}</Code><AWSAccessKeyId>{key}</AWSAccessKeyId></Error>".encode()

    class Refusing(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(status)
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            pass

    refusing = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=refusing.serve_forever, args=(0.01,), daemon=True).start()
    with refusing:
        store = at("s3://lists", f"http://127.0.0.1:{refusing.server_port}", tmp_path)
        with pytest.raises(kind, match=code) as failed:
            store.put("1/rows", made(tmp_path))
        refusing.shutdown()
    assert key not in str(failed.value)
    assert "very-secret" not in str(failed.value)


@pytest.mark.parametrize(
    "url",
    ["s3://", "s3://A_B", "http://lists", "s3://key:secret@lists", "s3://lists/../x", "lists"],
)
def test_another_kind_of_url_names_the_setting(tmp_path: Path, url: str) -> None:
    with pytest.raises(BadInput, match="SWEETSPOT_ROWS_URL"):
        at(url, "", tmp_path)


def test_the_server_of_these_tests_is_a_real_one(server: str) -> None:
    with urlopen(Request(f"{server}/lists", method="HEAD")) as answer:
        assert answer.status == 200
