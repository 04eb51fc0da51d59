"""The letter that is written where the user has no template of their own: text -> DOCX.

A name in braces is a merge field. Nothing of it is a binary file that nobody can read: the document
is made of this text, by the parts that every DOCX has (ECMA-376-1, 11.3).
"""

import re
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

from app.folders import writing_to

# A business letter in the block style of the United States, from a firm that looks after computers;
# what it says is for the firm to put into its own words.
LETTER = """\
{sender}

{date}

{address}

{salutation}:

Are your computers looked after the way that {name} deserves? We look after those of businesses like
yours: we keep them running, safe and backed up, and when something breaks we pick up the phone.

Our office is close to you, so that what can't be done from here is done at your desk, on the same
day. Our clients know what it costs them each month, and whom to call.

May we come by for half an hour, at no charge, and tell you what we would do first? I will give you
a call next week, and am glad to hear from you before.

Sincerely,



{sender_name}
"""
_FIELD = re.compile(r"\{(\w+)\}")
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
# US Letter with an inch around, in twentieths of a point.
_SECTION = (
    '<w:sectPr><w:pgSz w:w="12240" w:h="15840"/><w:pgMar w:top="1440" w:right="1440" '
    'w:bottom="1440" w:left="1440" w:header="720" w:footer="720" w:gutter="0"/></w:sectPr>'
)
_FONT = (  # in half points; no space behind a paragraph: the text has lines between
    '<w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Calibri" w:hAnsi="Calibri"/>'
    '<w:sz w:val="22"/></w:rPr></w:rPrDefault></w:docDefaults>'
)
_PARTS = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        + "".join(
            f'<Override PartName="/word/{part}.xml" ContentType="{_TYPE}.{kind}+xml"/>'
            for part, kind in (
                ("document", "document.main"),
                ("settings", "settings"),
                ("styles", "styles"),
            )
        )
        + "</Types>"
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>'
    ),
    "word/_rels/document.xml.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        + "".join(
            f'<Relationship Id="rId{at}" Type="{_OFFICE}/{part}" Target="{part}.xml"/>'
            for at, part in enumerate(("settings", "styles"), start=1)
        )
        + "</Relationships>"
    ),
    "word/settings.xml": f'<w:settings xmlns:w="{_W}"/>',
    "word/styles.xml": f'<w:styles xmlns:w="{_W}">{_FONT}</w:styles>',
}


def write_template(path: Path, text: str = LETTER) -> None:
    """The letter as a DOCX with merge fields."""
    paragraphs = "".join(f"<w:p>{''.join(_runs(one))}</w:p>" for one in _paragraphs(text))
    body = f'<w:document xmlns:w="{_W}"><w:body>{paragraphs}{_SECTION}</w:body></w:document>'
    with writing_to(), ZipFile(path, "w", ZIP_DEFLATED) as packed:
        for name, content in {**_PARTS, "word/document.xml": body}.items():
            packed.writestr(name, _HEAD + content)


def _paragraphs(text: str) -> Iterator[str]:
    """Lines that follow each other are one; an empty line is an empty one."""
    for at, block in enumerate(text.strip("\n").split("\n\n")):
        if at:
            yield ""
        yield " ".join(block.split("\n"))


def _runs(paragraph: str) -> Iterator[str]:
    """Its text, and its fields as Word writes them (ECMA-376-1, 17.16.18)."""
    for at, part in enumerate(_FIELD.split(paragraph)):
        if at % 2 == 0:
            yield _run(f'<w:t xml:space="preserve">{escape(part)}</w:t>') if part else ""
            continue
        yield _run('<w:fldChar w:fldCharType="begin"/>')
        yield _run(f'<w:instrText xml:space="preserve"> MERGEFIELD {part} </w:instrText>')
        yield _run('<w:fldChar w:fldCharType="separate"/>')
        yield _run(f"<w:t>«{part}»</w:t>")
        yield _run('<w:fldChar w:fldCharType="end"/>')


def _run(content: str) -> str:
    return f"<w:r>{content}</w:r>"
