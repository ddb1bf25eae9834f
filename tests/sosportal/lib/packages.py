"""XLSX packages built by hand: sound ones as a ground, hostile ones that a guard must refuse."""

import io
import struct
import warnings
import zipfile
from collections.abc import Callable, Iterable

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
MEGA = 1024 * 1024

Part = bytes | Iterable[bytes]


def sheet(rows: Part) -> Iterable[bytes]:
    yield f'<worksheet xmlns="{MAIN}"><sheetData>'.encode()
    yield from [rows] if isinstance(rows, bytes) else rows
    yield b"</sheetData></worksheet>"


def heading() -> bytes:
    return '<row><c t="inlineStr"><is><t>医療機関コード</t></is></c></row>'.encode()


def row(code: str) -> bytes:
    return f'<row><c t="inlineStr"><is><t>{code}</t></is></c></row>'.encode()


def parts_of(sheet_part: Part, strings: Part | None = None) -> dict[str, Part]:
    """The parts of the smallest package that openpyxl opens."""
    return {
        "[Content_Types].xml": (
            f'<Types xmlns="{PACKAGE}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{KIND}.sheet.main+xml"/>'
            f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{KIND}.worksheet+xml"/>'
            f'<Override PartName="/xl/sharedStrings.xml" ContentType="{KIND}.sharedStrings+xml"/></Types>'
        ).encode(),
        "xl/workbook.xml": (
            f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">'
            '<sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>'
        ).encode(),
        "xl/_rels/workbook.xml.rels": (
            f'<Relationships xmlns="{PACKAGE}/relationships">'
            f'<Relationship Id="r1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
        ).encode(),
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><cellXfs><xf numFmtId="0"/></cellXfs></styleSheet>'.encode(),
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}"/>'.encode() if strings is None else strings,
        "xl/worksheets/sheet1.xml": sheet_part,
    }


def pack(parts: dict[str, Part]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            with package.open(name, "w") as stream:
                for chunk in [content] if isinstance(content, bytes) else content:
                    stream.write(chunk)
    return file.getvalue()


def repeated(unit: bytes, total: int) -> Iterable[bytes]:
    """`unit` over and over, `total` bytes or a little less, in chunks."""
    chunk = unit * max(1, MEGA // len(unit))
    for _ in range(total // len(chunk)):
        yield chunk


def wrapped(before: bytes, inner: Iterable[bytes], after: bytes) -> Iterable[bytes]:
    yield before
    yield from inner
    yield after


def strings_of(inner: Iterable[bytes]) -> Iterable[bytes]:
    return wrapped(f'<sst xmlns="{MAIN}">'.encode(), inner, b"</sst>")


def lying(package: bytes, name: str, told: int) -> bytes:
    """The package with a false unpacked size for one part, in its directory and in the part's own header."""
    data = bytearray(package)
    found = data.find(name.encode())
    while found >= 0:
        for signature, header, size_at in ((b"PK\x03\x04", 30, 22), (b"PK\x01\x02", 46, 24)):
            start = found - header
            if start >= 0 and data[start : start + 4] == signature:
                struct.pack_into("<I", data, start + size_at, told)
        found = data.find(name.encode(), found + 1)
    return bytes(data)


SMALL = [heading(), row("0110112489")]


def big_sheet() -> bytes:
    return pack(parts_of(sheet(wrapped(heading(), repeated(row("0"), 200 * MEGA), b""))))


def sheet_with_a_lie() -> bytes:
    return lying(big_sheet(), "xl/worksheets/sheet1.xml", 1000)


def one_endless_row() -> bytes:
    return pack(parts_of(sheet(wrapped(heading() + b"<row>", repeated(b"<c/>", 90 * MEGA), b"</row>"))))


def one_endless_text() -> bytes:
    before = heading() + b'<row><c t="inlineStr"><is><t>'
    return pack(parts_of(sheet(wrapped(before, repeated(b"a", 90 * MEGA), b"</t></is></c></row>"))))


def elements_between_rows() -> bytes:
    return pack(parts_of(sheet(wrapped(heading(), repeated(b"<x/>", 90 * MEGA), b""))))


def countless_strings() -> bytes:
    return pack(parts_of(sheet(SMALL), strings_of(repeated(b"<si><t>aa</t></si>", 40 * MEGA))))


def long_strings() -> bytes:
    return pack(
        parts_of(sheet(SMALL), strings_of(repeated(b"<si><t>" + b"a" * 30_000 + b"</t></si>", 90 * MEGA)))
    )


def rows_among_strings() -> bytes:
    """openpyxl lets go of rows in a sheet, not in the shared strings."""
    rows = repeated(b"<row>" + b"<c/>" * 1000 + b"</row>", 40 * MEGA)
    return pack(parts_of(sheet(SMALL), strings_of(rows)))


def rows_of_another_tongue() -> bytes:
    rows = repeated(b'<row xmlns="urn:x">' + b"<c/>" * 1000 + b"</row>", 90 * MEGA)
    return pack(parts_of(sheet(wrapped(heading(), rows, b""))))


def long_attributes() -> bytes:
    return pack(
        parts_of(sheet(wrapped(heading(), repeated(b'<x a="' + b"a" * 60_000 + b'"/>', 90 * MEGA), b"")))
    )


def one_endless_comment() -> bytes:
    return pack(parts_of(sheet(wrapped(heading() + b"<!--", repeated(b"a", 90 * MEGA), b"-->"))))


def unfolding_entities() -> bytes:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 9))
    text = f'<!DOCTYPE w [<!ENTITY e0 "aaaaaaaaaa">{entities}]>'
    cell = b'<row><c t="inlineStr"><is><t>&e8;</t></is></c></row>'
    return pack(parts_of(wrapped(text.encode(), sheet([heading(), cell]), b"")))


def big_styles(size: int = 90 * MEGA) -> bytes:
    styles = wrapped(f'<styleSheet xmlns="{MAIN}">'.encode(), repeated(b"<x/>", size), b"</styleSheet>")
    return pack({**parts_of(sheet(SMALL)), "xl/styles.xml": styles})


def crowded_styles() -> bytes:
    styles = wrapped(f'<styleSheet xmlns="{MAIN}">'.encode(), repeated(b"<x/>", 7 * MEGA), b"</styleSheet>")
    return pack({**parts_of(sheet(SMALL)), "xl/styles.xml": styles})


def sheet_that_says_it_is_the_workbook() -> bytes:
    parts = parts_of(sheet(repeated(row("0"), 90 * MEGA)))
    types = parts["[Content_Types].xml"]
    assert isinstance(types, bytes)
    parts["[Content_Types].xml"] = types.replace(
        b"</Types>",
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{KIND}.template.main+xml"/></Types>'.encode(),
    )
    return pack(parts)


def sheet_that_says_it_is_a_chart() -> bytes:
    parts = parts_of(sheet(repeated(row("0"), 90 * MEGA)))
    relations = parts["xl/_rels/workbook.xml.rels"]
    assert isinstance(relations, bytes)
    parts["xl/_rels/workbook.xml.rels"] = relations.replace(b"/worksheet", b"/chartsheet")
    return pack(parts)


def crowded_directory(parts: int = 30_000) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        for number in range(parts):
            package.writestr(f"{number}", b"")
    return file.getvalue()


def with_zip64_end(package: bytes, told: int | None = None) -> bytes:
    """The package with the long form of its end, as Java programs write it; `told`: a false size of the directory."""
    start = package.rindex(b"PK\x05\x06")
    count, size, offset = struct.unpack_from("<HII", package, start + 10)
    record = struct.pack(
        "<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size if told is None else told, offset
    )
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, start, 1)
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFF_FFFF, 0xFFFF_FFFF, 0)
    return package[:start] + record + locator + end


def too_many_parts() -> bytes:
    return crowded_directory(2_001)


def crowded_directory_in_long_form() -> bytes:
    return with_zip64_end(crowded_directory())


def locked() -> bytes:
    """The package with the mark of encryption on its first part."""
    data = bytearray(pack(parts_of(sheet(SMALL))))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def without(part: str) -> bytes:
    return pack({name: content for name, content in parts_of(sheet(SMALL)).items() if name != part})


def replaced(part: str, content: Part) -> bytes:
    return pack({**parts_of(sheet(SMALL)), part: content})


def standing_twice() -> bytes:
    file = io.BytesIO(pack(parts_of(sheet(SMALL))))
    with zipfile.ZipFile(file, "a") as package, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        package.writestr("xl/workbook.xml", b"<other/>")
    return file.getvalue()


HOSTILE: dict[str, Callable[[], bytes]] = {
    made.__name__: made
    for made in (
        big_sheet,
        sheet_with_a_lie,
        one_endless_row,
        one_endless_text,
        elements_between_rows,
        countless_strings,
        long_strings,
        rows_among_strings,
        rows_of_another_tongue,
        long_attributes,
        one_endless_comment,
        unfolding_entities,
        big_styles,
        crowded_styles,
        sheet_that_says_it_is_the_workbook,
        sheet_that_says_it_is_a_chart,
        crowded_directory,
        too_many_parts,
        crowded_directory_in_long_form,
    )
}
