"""Whether rows of a stored list may leave the service, and the ledger of who took them out.

1. A list may be used until its last day has ended everywhere. Later its rows are not shown either.
2. Rows that leave, as a file or to a tool, are a use of each list that any of them is of. Those
   that are looked at, page by page or on the screen, are none.
3. The same once more within a day is the same use: a sheet of labels that jammed is printed again.
   The same is so many rows of the same list, by the same question and for the same purpose.
4. A preview is no use.
5. Each is in the ledger, whether it counted or not, in the same transaction with its use. Of two
   at once that want the last use, the second waits for the first, and is refused.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import LicenceEnded, NoSuchList
from app.store.clock import utc_now
from app.store.tables import ListUse, StoredList
from app.text import count_words

FILE = "file"  # the rows as they are, in whichever form
EDITED, PURGED = "edited", "purged"  # of a list itself
THIS_MACHINE = "this machine"  # who asks, where nobody has to say it
AGAIN_S = 86_400.0  # 3.
# A day ends last on the meridian of UTC-12, as deadlines "anywhere on Earth" do.
DAY_ENDS_S = 43_200.0


@dataclass(frozen=True)
class ListExport:
    """Rows of stored lists on their way out.

    who: asks for them. what: the kind of export, FILE for the rows as they are. question: by which
    they were chosen, as JSON.
    """

    tenant_id: int
    who: str
    what: str
    question: Mapping[str, Any]
    preview: bool = False

    def check(self, session: Session, list_ids: Sequence[str]) -> None:
        """Raise LicenceEnded for a list of which nothing may leave, before any work is done."""
        check_open(session, self.tenant_id, list_ids)
        for stored in [_read(session, self.tenant_id, one) for one in list_ids]:
            if not self.preview and not self._is_again(session, stored.id, None):
                _check_uses(stored)

    def record(self, session: Session, rows: Mapping[str, int]) -> None:
        """Enter it in the ledger, with how many rows there are of each list; 0 is no use of it.

        Raises LicenceEnded, NoSuchList.
        """
        now = _read_clock(session)
        for list_id in sorted(one for one, count in rows.items() if count):  # of two in one order
            stored = _read(session, self.tenant_id, list_id, lock=True)
            _check_open(stored, now)
            again = self._is_again(session, list_id, rows[list_id])
            counted = not self.preview and not again
            if counted:
                _check_uses(stored)
                stored.uses += 1
            entry = list_entry(stored, self.who, self.what, {})
            entry.rows, entry.counted, entry.question = rows[list_id], counted, self._plain_question
            session.add(entry)

    @property
    def _plain_question(self) -> dict[str, Any]:
        """The question as the database gives it back; a preview's is never one that counted."""
        told: dict[str, Any] = json.loads(json.dumps(self.question))
        return told | ({"preview": True} if self.preview else {})

    def _is_again(self, session: Session, list_id: str, rows: int | None) -> bool:
        """3. Whatever the number of rows where it is None."""
        found = session.scalars(
            select(ListUse).where(
                ListUse.tenant_id == self.tenant_id,
                ListUse.list_id == list_id,
                ListUse.what == self.what,
                ListUse.counted,
                ListUse.at > utc_now(-AGAIN_S),
            )
        )
        return any(
            one.question == self._plain_question and rows in {None, one.rows} for one in found
        )


def check_open(session: Session, tenant_id: int, list_ids: Sequence[str]) -> None:
    """1. Raise LicenceEnded for the first of the lists whose last day is over."""
    now = _read_clock(session)
    for list_id in list_ids:
        _check_open(_read(session, tenant_id, list_id), now)


def list_entry(stored: StoredList, who: str, what: str, said: Mapping[str, Any]) -> ListUse:
    """What was done with a list itself: EDITED or PURGED."""
    plain = {name: None if value is None else str(value) for name, value in said.items()}
    return ListUse(
        tenant_id=stored.tenant_id,
        list_id=stored.id,
        list_name=stored.name,
        who=who,
        what=what,
        rows=stored.rows,
        counted=False,
        question=plain,
    )


def read_ledger(
    session: Session, tenant_id: int, list_id: str | None, most: int
) -> Sequence[ListUse]:
    """What was entered of one list, deleted or not, or of all; the newest first."""
    mine = [ListUse.tenant_id == tenant_id]
    if list_id is not None:
        mine.append(ListUse.list_id == list_id)
    newest = select(ListUse).where(*mine).order_by(ListUse.id.desc()).limit(most)
    return session.scalars(newest).all()


def describe_use(use: ListUse) -> dict[str, Any]:
    """An entry as JSON."""
    return {
        "at": use.at.isoformat(),
        "list": use.list_name,
        "list_id": use.list_id,
        "who": use.who,
        "what": use.what,
        "rows": use.rows,
        "counted": use.counted,
        "question": use.question,
    }


def _read(session: Session, tenant_id: int, list_id: str, *, lock: bool = False) -> StoredList:
    asked = select(StoredList).where(
        StoredList.tenant_id == tenant_id,
        StoredList.id == list_id,
        StoredList.state != "deleting",
    )
    if lock:
        asked = asked.with_for_update().execution_options(populate_existing=True)
    found = session.scalar(asked)
    if found is None:
        raise NoSuchList(
            "a list that was asked is deleted by now: `sweetspot list ls` shows others"
        )
    return found


def _read_clock(session: Session) -> datetime:
    return session.scalars(select(utc_now(-DAY_ENDS_S))).one()


def _check_open(stored: StoredList, now: datetime) -> None:
    """1. `now`: the time where a day ends last."""
    if stored.expires and now.date() > stored.expires:
        raise LicenceEnded(
            f"list {stored.slug!r}: its licence ran out on {stored.expires}, so its rows may be "
            "neither shown nor exported: renew it with "
            f"{stored.vendor or 'the vendor'}, then `sweetspot list edit {stored.slug} --expires "
            "DATE`"
        )


def _check_uses(stored: StoredList) -> None:
    """5."""
    allowed = stored.uses_allowed
    if allowed is not None and stored.uses >= allowed:
        raise LicenceEnded(
            f"list {stored.slug!r}: {stored.uses} of {count_words(allowed, 'use')} that its "
            f"licence allows were made; `sweetspot list ledger {stored.slug}` says by whom: order "
            f"more of {stored.vendor or 'the vendor'}, then `sweetspot list edit {stored.slug} "
            "--uses N`"
        )
