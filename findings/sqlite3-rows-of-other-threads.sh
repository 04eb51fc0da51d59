#!/bin/sh
# sqlite3 of Python 3.12 and later gives a thread the rows of another thread's question.
#
# A good guess: `sqlite3.threadsafety` is 3 and the documentation reads 3 as "threads may share the
# module, connections and cursors", so with check_same_thread=False a connection that only ever
# reads may be shared: at worst the threads wait for each other, as they did up to Python 3.11.
# What really happens since 3.12: two threads that ask the same SQL text over one connection get
# one prepared statement out of its cache. Some fetch the row that the other one asked for, some
# fetch nothing, some raise InterfaceError ("bad parameter or other API misuse"). Nothing need be
# written, and most of the wrong rows come without any error. apsw, which also shares one
# connection, gives every thread its own rows.
# Why it matters: a server that keeps one connection to a read-only file for its pool of threads
# answers with other people's rows, and puts them into its caches.
# The way out: a connection for each thread at a time, or a lock around execute and fetch together
# (cached_statements=0 helps as well, and prepares every question anew).
# See also https://github.com/python/cpython/issues/118172 (open in 2026).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for python in ${PYTHON:-} python3.13 python3.12 python3.14 "$HOME"/.pyenv/versions/3.1[2-9]*/bin/python python3; do
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null && break
done
"$python" -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check apsw==3.54.1.0
cat > "$folder/show.py" <<'PY'
import random
import sqlite3
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import apsw

ROWS, ASKED, THREADS = 2000, 5000, 4
QUESTION = "SELECT key, double FROM numbers WHERE key = ?"
file = sys.argv[1]
made = sqlite3.connect(file)
made.execute("CREATE TABLE numbers (key INTEGER PRIMARY KEY, double INTEGER)")
made.executemany("INSERT INTO numbers VALUES (?, ?)", ((i, 2 * i) for i in range(ROWS)))
made.commit()
made.close()


def asked_by_threads(ask):
    def one(seed):
        rng, seen = random.Random(seed), Counter()
        for _ in range(ASKED):
            key = rng.randrange(ROWS)
            try:
                row = ask(key)
            except (sqlite3.Error, IndexError) as why:
                seen[f"raised {type(why).__name__}"] += 1
                continue
            seen["right" if row == (key, 2 * key) else "no row" if row is None else "WRONG ROW"] += 1
        return seen

    with ThreadPoolExecutor(THREADS) as pool:
        return sum(pool.map(one, range(THREADS)), Counter())


shared = sqlite3.connect(f"file:{file}?mode=ro", uri=True, check_same_thread=False)
lock = Lock()


def behind_a_lock(key):
    with lock:
        return shared.execute(QUESTION, (key,)).fetchone()


other = apsw.Connection(file, flags=apsw.SQLITE_OPEN_READONLY)
bare = asked_by_threads(lambda key: shared.execute(QUESTION, (key,)).fetchone())
held = asked_by_threads(behind_a_lock)
through_apsw = asked_by_threads(lambda key: next(iter(other.execute(QUESTION, (key,)))))
print(f"Python {sys.version.split()[0]}, SQLite {sqlite3.sqlite_version}, "
      f"sqlite3.threadsafety {sqlite3.threadsafety}; apsw {apsw.apsw_version()}")
print(f"{THREADS} threads share one connection, {THREADS * ASKED:,} questions, nothing written:")
print("  sqlite3:               ", dict(bare))
print("  sqlite3 behind a lock: ", dict(held))
print("  apsw:                  ", dict(through_apsw))
every = {"right": THREADS * ASKED}
as_found = sqlite3.threadsafety == 3 and bare["WRONG ROW"] > 0 and held == through_apsw == every
print("as found" if as_found else "NO LONGER as found")
sys.exit(not as_found)
PY
"$folder/env/bin/python" "$folder/show.py" "$folder/numbers.sqlite"
