"""CSV, plain or gzipped: which encoding it is in, and its rows. Streams; holds one line at a time.

The encoding is decided over the whole file before the first row is given out: strict UTF-8, else CP932. A
file that is partly the one and partly the other is refused, as CP932 reads most UTF-8 without complaint, as
nonsense.
"""

import csv
import gzip
import re
import zlib
from collections.abc import Iterator
from typing import IO

from sosportal.lib.tabular.problem import TableProblem
from sosportal.lib.tabular.raw import CHUNK, RawRow, check_size

_BOM = b"\xef\xbb\xbf"
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
_LONGEST_LINE = 1024 * 1024
_MOST_DEFLATE_RATIO = 1032
# Single bytes that Python's CP932 lets through though no character stands there.
NOT_CP932 = re.compile("[\x80\xa0\uf8f0-\uf8f3]")
# A line of CP932 can be valid UTF-8 by chance, in two-byte Latin letters. Nobody writes a list in those.
_JAPANESE = re.compile("[\u2010-\u2fff\u3000-\u9fff\uf900-\ufaff\uff00-\uffef]")
_RESAVE = "「CSV UTF-8」で保存し直してください。"
_MIXED = f"この行の文字コードが、ほかの行と違います。{_RESAVE}"


def rows(binary: IO[bytes], *, gzipped: bool, max_bytes: int) -> Iterator[RawRow]:
    """The rows of a CSV file, by records: `line` is the one a record starts on, should a cell hold line breaks.

    Raises TableProblem for anything that is no CSV of at most `max_bytes` unpacked.
    """
    if gzipped:
        _check_told_size(binary, max_bytes)
    encoding = _find_encoding(_lines(binary, gzipped, max_bytes))
    return _records(_lines(binary, gzipped, max_bytes), encoding)


def _check_told_size(binary: IO[bytes], max_bytes: int) -> None:
    """The last four bytes of a gzip file tell its unpacked size. They may lie, so it is counted as well."""
    packed = binary.seek(0, 2)
    binary.seek(max(0, packed - 4))
    told = int.from_bytes(binary.read(4), "little")
    # More than the method can unpack to is no size but the end of a file that was cut off.
    if told <= packed * _MOST_DEFLATE_RATIO:
        check_size(told, max_bytes)


def _records(lines: Iterator[bytes], encoding: str) -> Iterator[RawRow]:
    reader = csv.reader((line.decode(encoding) for line in lines), strict=True)
    while True:
        start = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            message = '引用符（"）の組が合わないか、セルが長すぎます。この行とその前後を確かめてください。'
            raise TableProblem(start, None, message) from error
        yield RawRow(start, [cell.strip() for cell in cells], exact=True)


def _find_encoding(lines: Iterator[bytes]) -> str:
    utf8_line = other_line = unreadable_line = None
    has_bom = False
    for number, line in enumerate(lines, start=1):
        if number == 1:
            has_bom = line.startswith(_BOM)
        if line.isascii():
            continue
        if (utf8 := _decode(line, "utf-8")) is None:
            other_line = other_line or number
            cp932 = _decode(line, "cp932")
            if cp932 is None or NOT_CP932.search(cp932):
                unreadable_line = unreadable_line or number
        elif _JAPANESE.search(utf8):
            utf8_line = utf8_line or number
    if other_line is None:
        return "utf-8-sig" if has_bom else "utf-8"
    if unreadable_line is not None and not has_bom:
        raise TableProblem(unreadable_line, None, f"文字として読めません。{_RESAVE}")
    if has_bom or utf8_line is not None:
        raise TableProblem(other_line if has_bom else max(utf8_line or 0, other_line), None, _MIXED)
    return "cp932"


def _decode(line: bytes, encoding: str) -> str | None:
    try:
        return line.decode(encoding)
    except UnicodeDecodeError:
        return None


def _lines(binary: IO[bytes], gzipped: bool, max_bytes: int) -> Iterator[bytes]:
    """The lines with their ends: LF, CR or CRLF. Neither UTF-8 nor CP932 has these bytes inside a character."""
    number, rest = 0, b""
    for chunk in _chunks(binary, gzipped, max_bytes):
        found = (rest + chunk).splitlines(keepends=True)
        # A CR at the very end may be the first half of a CRLF.
        rest = b"" if found[-1].endswith(b"\n") else found.pop()
        for line in found:
            number += 1
            yield line
        if len(rest) > _LONGEST_LINE:
            raise TableProblem(number + 1, None, "1行が長すぎます。CSVのファイルか確かめてください。")
    if rest:
        yield rest


def _chunks(binary: IO[bytes], gzipped: bool, max_bytes: int) -> Iterator[bytes]:
    binary.seek(0)
    stream: IO[bytes] | gzip.GzipFile = gzip.GzipFile(fileobj=binary) if gzipped else binary
    size = 0
    while chunk := _read(stream):
        if not size and chunk.startswith(_UTF16_BOMS):
            raise TableProblem(None, None, f"文字コードがUTF-16です。{_RESAVE}")
        size += len(chunk)
        check_size(size, max_bytes)
        if b"\0" in chunk:
            raise TableProblem(None, None, f"文字ではないデータが混ざっています。{_RESAVE}")
        yield chunk


def _read(stream: IO[bytes] | gzip.GzipFile) -> bytes:
    try:
        return stream.read(CHUNK)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise TableProblem(None, None, "圧縮ファイルが壊れています。もう一度作り直してください。") from error
