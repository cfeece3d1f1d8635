"""A table as a file: CSV, Excel, Word (Office Open XML, ECMA-376) or PDF (ISO 32000-1).

The least that programs open without a complaint: one sheet, one table, pages of monospaced lines.  Nothing in
a file depends on when it was written, so writing it again gives the same octets.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from ussd_gateway.papers.base import Paper, Table
from ussd_gateway.translit import transliterate

EXTENSIONS = {"csv": "csv", "excel": "xlsx", "word": "docx", "pdf": "pdf"}

_AMOUNT = re.compile(r"-?\d{1,15}\.\d\d", re.ASCII)
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Characters that XML 1.0 has no place for."""


def written(table: Table, form: str, name: str) -> Paper:
    """The table in a form (a key of EXTENSIONS), as a file `name` with the extension of the form."""
    content = {"csv": _csv, "excel": _excel, "word": _word, "pdf": _pdf}[form](table)
    return Paper(f"{name}.{EXTENSIONS[form]}", content)


def _csv(table: Table) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(table.head)
    writer.writerows([[_plain(cell) for cell in row] for row in table.rows])
    # The mark at the beginning tells spreadsheets that it is UTF-8.
    return text.getvalue().encode("utf-8-sig")


def _plain(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    if cell[:1] in ("=", "+", "-", "@") and not _AMOUNT.fullmatch(cell):
        return f"'{cell}"
    return cell


# ---------------------------------------------------------------- Office Open XML

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPE = "application/vnd.openxmlformats-officedocument"


def _excel(table: Table) -> bytes:
    namespace = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    rows = "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in (table.head, *table.rows))
    book = (
        f'<workbook xmlns="{namespace}" xmlns:r="{_OFFICE}"><sheets>'
        '<sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>'
    )
    return _package(
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.spreadsheetml.sheet.main+xml"/>'
        f'<Override PartName="/xl/sheet.xml" ContentType="{_TYPE}.spreadsheetml.worksheet+xml"/>',
        {
            "_rels/.rels": _relation("officeDocument", "xl/workbook.xml"),
            "xl/workbook.xml": book,
            "xl/_rels/workbook.xml.rels": _relation("worksheet", "sheet.xml"),
            "xl/sheet.xml": f'<worksheet xmlns="{namespace}"><sheetData>{rows}</sheetData></worksheet>',
        },
    )


def _cell(text: str) -> str:
    if _AMOUNT.fullmatch(text):
        return f"<c><v>{text}</v></c>"
    return f'<c t="inlineStr"><is><t xml:space="preserve">{_escaped(text)}</t></is></c>'


def _word(table: Table) -> bytes:
    namespace = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    border = "".join(
        f'<w:{side} w:val="single" w:sz="4"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    grid = "<w:gridCol/>" * len(table.head)
    rows = "".join(
        f"<w:tr>{''.join(f'<w:tc>{_paragraph(cell)}</w:tc>' for cell in row)}</w:tr>"
        for row in (table.head, *table.rows)
    )
    text = (
        f'<w:document xmlns:w="{namespace}"><w:body>{_paragraph(table.title)}'
        f"<w:tbl><w:tblPr><w:tblBorders>{border}</w:tblBorders></w:tblPr><w:tblGrid>{grid}</w:tblGrid>{rows}"
        f"</w:tbl>{_paragraph('')}<w:sectPr/></w:body></w:document>"
    )
    return _package(
        f'<Override PartName="/word/document.xml" ContentType="{_TYPE}.wordprocessingml.document.main+xml"/>',
        {"_rels/.rels": _relation("officeDocument", "word/document.xml"), "word/document.xml": text},
    )


def _paragraph(text: str) -> str:
    return f'<w:p><w:r><w:t xml:space="preserve">{_escaped(text)}</w:t></w:r></w:p>'


def _escaped(text: str) -> str:
    return escape(_UNFIT.sub(" ", text))


def _relation(kind: str, target: str) -> str:
    return (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/{kind}" Target="{target}"/></Relationships>'
    )


def _package(types: str, parts: Mapping[str, str]) -> bytes:
    head = (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{types}</Types>'
    )
    stream = io.BytesIO()
    with ZipFile(stream, "w", ZIP_DEFLATED) as archive:
        for name, text in {"[Content_Types].xml": head, **parts}.items():
            # The date of a ZipInfo is a constant unless told otherwise.
            archive.writestr(ZipInfo(name), _XML + text, ZIP_DEFLATED)
    return stream.getvalue()


# ---------------------------------------------------------------- PDF

_LINES_A_PAGE = 46
_WIDTH = 110
"""Characters of 8-point Courier across a landscape A4 page."""


def _pdf(table: Table) -> bytes:
    """Pages of lines in Latin letters: the fonts every reader has know no others."""
    lines = [transliterate(table.title), "", *_columns([table.head, *table.rows])]
    pages = [lines[start : start + _LINES_A_PAGE] for start in range(0, len(lines), _LINES_A_PAGE)]
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>",
    ]
    for number, page in enumerate(pages):
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 842 595] "
            b"/Resources << /Font << /F1 3 0 R >> >> /Contents %d 0 R >>" % (5 + 2 * number)
        )
        shown = b"".join(b"(" + _pdf_text(line) + b") Tj T*\n" for line in page)
        stream = b"BT /F1 8 Tf 36 560 Td 11.4 TL\n" + shown + b"ET"
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
    return _pdf_file(objects)


def _columns(rows: Sequence[Sequence[str]]) -> list[str]:
    latin = [[transliterate(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*latin, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()[:_WIDTH]
        for row in latin
    ]


def _pdf_text(line: str) -> bytes:
    text = line.encode("cp1252", "replace")
    return text.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def _pdf_file(objects: Sequence[bytes]) -> bytes:
    file, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start, count = len(file), len(objects) + 1
    file += b"xref\n0 %d\n0000000000 65535 f \n" % count
    file += b"".join(b"%010d 00000 n \n" % place for place in places)
    file += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, start)
    return bytes(file)
