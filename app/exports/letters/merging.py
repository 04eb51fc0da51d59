"""Letters: the answer's rows merged into a DOCX, the user's own or ours, by docx-mailmerge2.

A letter is a section of its own, so that each has its first page and its page 1. Measured: 1 ms and
17 kB of memory a letter in one file, at 4,000 as at 250; 11 ms a file with --each.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile, ZipFile

from app.errors import BadQuestion, SweetspotError
from app.exports.kind import ExportKind, ExportWork, Written, lacks_mail
from app.exports.letters.fields import Value, fold_field, letter_fields
from app.exports.letters.template import write_template
from app.exports.options import LetterOptions, SenderOptions
from app.folders import system_words, writing_to
from app.lists.archive import ZIP
from app.text import count_words

if TYPE_CHECKING:
    from mailmerge import MailMerge

MOST_LETTERS = 10_000  # judgement: some 200 MB of memory, and what Word still opens
MOST_BYTES = 64 << 20  # judgement: unpacked; a letter with pictures has a few million
_TELL_EVERY = 50
_OLE = b"\xd0\xcf\x11\xe0"  # how documents of before 2007 begin
_MACROS = ("vnd.ms-word.document.macroEnabled", "vnd.ms-word.template.macroEnabled")
_TEMPLATE = "wordprocessingml.template"
_ONLY_WORD = re.compile(rb"(?:>|\")\s*(ADDRESSBLOCK|GREETINGLINE)\b")
_NOTES = ("word/footnotes.xml", "word/endnotes.xml")


def write_letters(work: ExportWork) -> Written:
    """All letters in one file, or a file each beside it, named after number and business.

    Raises BadQuestion for a template that can't be used, naming all fields that no column has.
    """
    _check_number(len(work.rows))
    path = work.template or _own_template(work)
    fields = letter_fields(work.rows, work.asked.sender, work.asked.country)
    with _merging(path) as merge:
        columns = _columns(merge.get_merge_fields(), fields)
    rows = [dict(zip(columns, one, strict=True)) for one in zip(*columns.values(), strict=True)]
    if work.asked.each:
        _check_earlier(work)
        _write_each(work, path, rows)
    else:
        with _merging(path) as merge, writing_to():
            merge.merge_templates(rows, separator="nextPage_section")
            merge.write(work.target)
    work.progress(len(rows))
    return Written(list(_notes(work, columns)))


def _check_number(letters: int) -> None:
    if letters > MOST_LETTERS:
        raise BadQuestion(
            f"{letters:,} letters: at most {MOST_LETTERS:,} at a time; part the answer",
            field="answer",
        )


def _own_template(work: ExportWork) -> Path:
    """Ours, beside the letters, to be edited and given as --template the next time.

    Raises BadQuestion where it is there already, and edited.
    """
    path = work.target.with_name(f"{work.target.stem}-template.docx")
    write_template(path)
    there = work.beside / path.name
    if there.is_file() and there.read_bytes() != path.read_bytes():
        raise BadQuestion(
            f"{there} is there and is not ours any more: give it as --template, or move it away",
            field="template",
        )
    return path


def _check_earlier(work: ExportWork) -> None:
    """Raises BadQuestion where letters of an earlier export would lie among the new ones."""
    number = re.compile(re.escape(work.target.stem) + r"-\d{4,}-.+\.docx")
    old = sorted(path.name for path in work.beside.iterdir() if number.fullmatch(path.name))
    if old:
        raise BadQuestion(
            f"{count_words(len(old), 'letter')} of an earlier export lie there ({old[0]}): move "
            "them away, or choose another name",
            field="out",
        )


@contextmanager
def _merging(path: Path) -> "Iterator[MailMerge]":
    """The template, opened. Raises BadQuestion for one that can't be merged."""
    from mailmerge import MailMerge

    _check_template(path)
    try:
        with MailMerge(path) as merge:
            yield merge
    except SweetspotError:
        raise
    except (SyntaxError, ArithmeticError, AssertionError, AttributeError, LookupError, TypeError,
            ValueError, BadZipFile) as why:  # fmt: skip
        raise _unusable(f"it can't be merged ({str(why) or type(why).__name__})") from why


def _unusable(why: str, advice: str = "save it anew in Word as .docx") -> BadQuestion:
    return BadQuestion(f"template: {why}: {advice}", field="template")


def _check_template(path: Path) -> None:
    """Raises BadQuestion for what is no DOCX, or holds what would not be merged."""
    try:
        with path.open("rb") as file:
            _check_start(file.read(len(_OLE)))
        with ZipFile(path) as packed:
            _check_size(packed)
            _check_parts({one: packed.read(one) for one in packed.namelist() if one[-4:] == ".xml"})
    except (BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError) as why:
        raise _unusable(f"it is damaged ({why})") from why
    except OSError as why:
        raise _unusable(f"it can't be read ({system_words(why)})") from why


def _check_start(begins: bytes) -> None:
    if begins == _OLE:
        raise _unusable("it is a Word document of before 2007, or has a password")
    if not begins.startswith(ZIP):
        raise _unusable("it is no Word document")


def _check_size(packed: ZipFile) -> None:
    size = sum(member.file_size for member in packed.infolist())
    if size > MOST_BYTES:
        raise _unusable(f"it unpacks to {size / 1e6:,.0f} MB", "take large pictures out of it")


def _check_parts(parts: Mapping[str, bytes]) -> None:
    kinds = parts.get("[Content_Types].xml", b"").decode("utf-8", "replace")
    if any(kind in kinds for kind in _MACROS) or "vbaProject" in kinds:
        raise _unusable("it has macros")
    if _TEMPLATE in kinds:
        raise _unusable("it is a .dotx, which opens as a new document")
    if "word/document.xml" not in parts:
        raise _unusable("it is no Word document")
    if any(b"<!DOCTYPE" in part for part in parts.values()):
        raise _unusable("it declares a document type, as no DOCX does")
    for part in parts.values():
        only_word = _ONLY_WORD.search(part)
        if only_word:
            raise _unusable(
                f"only Word fills {only_word[1].decode()}", "put in the fields address, salutation"
            )
    if any(b"MERGEFIELD" in parts.get(name, b"") for name in _NOTES):
        raise _unusable("a note of it has a merge field", "move it into the text")


def _columns(asked: set[str], fields: Mapping[str, Sequence[Value]]) -> dict[str, Sequence[Value]]:
    """What each field of the template holds. Raises BadQuestion naming all that nothing fills."""
    if not asked - {""}:
        raise _unusable("it has no merge field", f"put some in, such as {_some(fields)}")
    missing = sorted(name for name in asked - {""} if fold_field(name) not in fields)
    if missing:
        raise BadQuestion(
            f"template: no column for {', '.join(missing)}; there are {', '.join(fields)}",
            field="template",
        )
    return {name: fields[fold_field(name)] for name in sorted(asked - {""})}


def _some(fields: Mapping[str, Any]) -> str:
    return ", ".join(list(fields)[:5])


def _write_each(work: ExportWork, path: Path, rows: Sequence[Mapping[str, Value]]) -> None:
    names = work.rows.recipients["name"].to_list()
    wide = max(4, len(str(len(rows))))
    for number, (row, name) in enumerate(zip(rows, names, strict=True), start=1):
        words = re.sub(r"[^\w]+", "-", name.casefold()).strip("-_")[:40] or "letter"
        to = work.target.with_name(f"{work.target.stem}-{number:0{wide}}-{words}.docx")
        with _merging(path) as merge, writing_to():
            merge.merge(**row)
            merge.write(to)
        if number % _TELL_EVERY == 0:
            work.progress(number)


def _notes(work: ExportWork, columns: Mapping[str, Sequence[Value]]) -> Iterator[str]:
    for name, values in columns.items():
        empty = sum(value == "" for value in values)
        if empty == len(values) and name in {"sender", "sender_name"}:
            yield f"{name} is empty: --sender says who writes"
        elif empty:
            yield f"{name} is empty in {count_words(empty, 'letter')} of {len(values):,}"
    if work.template is None:
        yield "the letter is ours: edit the template beside it in Word, give it with --template"


KIND = ExportKind(
    "letters",
    (".docx",),
    "mail",
    write_letters,
    takes=(LetterOptions, SenderOptions),
    lacks=lacks_mail,
    templated=True,
)
