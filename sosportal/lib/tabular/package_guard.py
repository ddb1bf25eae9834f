"""Keeps hostile XLSX packages away from openpyxl, which reads parts into memory without asking how big they are.

Streams every part of the package through a bare XML scanner and counts. Nothing is built; whatever passes
can be opened within some tens of megabytes.
"""

import zipfile
import zlib
from collections.abc import Mapping
from typing import IO
from xml.etree import ElementTree
from xml.parsers import expat

from sosportal.lib.tabular.problem import TableProblem
from sosportal.lib.tabular.raw import CHUNK, check_size

LAST_ROW = 1_048_576
"""The last row a sheet can have."""

# The records at the end of a ZIP file that tell the size of its directory: signature, where, how many bytes.
_ENDS = ((b"PK\x05\x06", 12, 4), (b"PK\x06\x06", 40, 8))
_LOOK_AT_THE_OTHER = 0xFFFF_FFFF
_REACH_OF_ENDS = 65_535 + 22 + 20 + 56
_MOST_DIRECTORY_BYTES = 1024 * 1024
_MOST_PARTS = 2_000
_MOST_PART_BYTES = 8 * 1024 * 1024
_MOST_STRINGS_BYTES = 48 * 1024 * 1024
_MOST_STRINGS = 500_000
_MOST_BYTES_IN_TAG = 1024 * 1024
# Between rows and strings, and inside a single one. 16,384 columns of four elements make 65,536.
_MOST_ELEMENTS = 200_000
_MOST_CHARACTERS = 8 * 1024 * 1024
_MOST_CHARACTERS_IN_UNIT = 1024 * 1024

_CONTENT_TYPES = "[Content_Types].xml"
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_STRINGS = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_UNITS = {_SHEET: f"{_MAIN} row", _STRINGS: f"{_MAIN} si"}

BROKEN = "Excelのファイルとして読めません。Excelで開いて保存し直してください。"
_TOO_MUCH = "Excelのファイルの中身が大きすぎます。必要な列と行だけのファイルにしてください。"
_LOCKED = "パスワードのかかったファイルは読めません。パスワードを外してください。"
UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)
"""What `zipfile` raises for a package that is damaged, locked or packed by a method it doesn't know."""


def check_package(binary: IO[bytes], max_bytes: int) -> None:
    """Raises TableProblem unless the package is sound and unpacks to at most `max_bytes`, as told and as counted."""
    _check_directory(binary)
    try:
        with zipfile.ZipFile(binary) as package:
            _check_parts(package, max_bytes)
    except UNREADABLE as error:
        raise TableProblem(None, None, BROKEN) from error


def _check_directory(binary: IO[bytes]) -> None:
    """A directory of millions of empty parts would fill the memory while it is being opened."""
    size = binary.seek(0, 2)
    binary.seek(max(0, size - _REACH_OF_ENDS))
    tail = binary.read()
    for signature, offset, length in _ENDS:
        found = tail.find(signature)
        while found >= 0:
            told = int.from_bytes(tail[found + offset : found + offset + length], "little")
            if told > _MOST_DIRECTORY_BYTES and told != _LOOK_AT_THE_OTHER:
                raise TableProblem(None, None, _TOO_MUCH)
            found = tail.find(signature, found + 1)


def _check_parts(package: zipfile.ZipFile, max_bytes: int) -> None:
    parts = package.infolist()
    if any(part.flag_bits & 1 for part in parts):
        raise TableProblem(None, None, _LOCKED)
    check_size(sum(part.file_size for part in parts), max_bytes)
    if len(parts) > _MOST_PARTS:
        raise TableProblem(None, None, _TOO_MUCH)
    names = {part.filename for part in parts}
    if len(names) < len(parts) or _CONTENT_TYPES not in names:
        raise TableProblem(None, None, BROKEN)
    types = _content_types(package)
    unpacked = 0
    for part in parts:
        kind = types.get(part.filename, "")
        if part.file_size > {_SHEET: max_bytes, _STRINGS: _MOST_STRINGS_BYTES}.get(kind, _MOST_PART_BYTES):
            raise TableProblem(None, None, _TOO_MUCH)
        unpacked += _scan(package, part, kind)
        check_size(unpacked, max_bytes)


def _content_types(package: zipfile.ZipFile) -> Mapping[str, str]:
    """The parts that openpyxl streams, by name: sheets and shared strings, and nothing else by another entry."""
    part = package.getinfo(_CONTENT_TYPES)
    if part.file_size > _MOST_PART_BYTES:
        raise TableProblem(None, None, _TOO_MUCH)
    _scan(package, part, "")
    try:
        root = ElementTree.fromstring(package.read(part))  # noqa: S314 (scanned: no document type, few elements)
    except ElementTree.ParseError as error:
        raise TableProblem(None, None, BROKEN) from error
    said: dict[str, set[str]] = {}
    for entry in root:
        name = entry.get("PartName", "").removeprefix("/")
        said.setdefault(name, set()).add(entry.get("ContentType", ""))
    return {name: next(iter(kinds)) for name, kinds in said.items() if kinds in ({_SHEET}, {_STRINGS})}


def _scan(package: zipfile.ZipFile, part: zipfile.ZipInfo, kind: str) -> int:
    """Count through one part; its unpacked size. What is no XML is only unpacked: nobody can parse further either."""
    counter: _Counter | None = _Counter(_UNITS.get(kind))
    size = 0
    with package.open(part) as stream:
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            if counter is not None and not counter.feed(chunk):
                counter = None
    return size


class _Counter:
    """Counts elements and characters of one part: within a unit that openpyxl lets go of again, and outside of those.

    `unit` is the name of that element: a row of a sheet, an entry of the shared strings, none elsewhere.
    """

    def __init__(self, unit: str | None) -> None:
        self._unit = unit
        self._depth_in_unit = 0
        self._elements = self._characters = 0
        self._elements_in_unit = self._characters_in_unit = 0
        self._strings = self._last_row = self._fed = 0
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._doctype

    def feed(self, chunk: bytes) -> bool:
        """Whether it is XML so far. Raises TableProblem when it is too much."""
        try:
            self._parser.Parse(chunk)
        except (expat.ExpatError, ValueError):
            return False
        self._fed += len(chunk)
        # A tag or comment without end is held as a whole by every parser, this one too.
        if self._fed - self._parser.CurrentByteIndex > _MOST_BYTES_IN_TAG:
            raise TableProblem(None, None, _TOO_MUCH)
        return True

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        # A chart sheet is read as a whole, whatever part it points at.
        if name.endswith("Relationship") and any("chartsheet" in value for value in attributes.values()):
            raise TableProblem(None, None, "グラフだけのシートがあります。表のシートだけにしてください。")
        if self._depth_in_unit:
            self._depth_in_unit += 1
            self._elements_in_unit += 1
        elif name == self._unit:
            self._depth_in_unit = 1
            self._elements_in_unit = self._characters_in_unit = 0
            self._check_unit(attributes)
        else:
            self._elements += 1
        if max(self._elements, self._elements_in_unit) > _MOST_ELEMENTS:
            raise TableProblem(None, None, _TOO_MUCH)
        self._count(
            len(name.removeprefix(_MAIN)) + sum(map(len, attributes)) + sum(map(len, attributes.values()))
        )

    def _end(self, _name: str) -> None:
        if self._depth_in_unit:
            self._depth_in_unit -= 1

    def _text(self, text: str) -> None:
        self._count(len(text))

    def _count(self, characters: int) -> None:
        if self._depth_in_unit:
            self._characters_in_unit += characters
        else:
            self._characters += characters
        if self._characters_in_unit > _MOST_CHARACTERS_IN_UNIT or self._characters > _MOST_CHARACTERS:
            raise TableProblem(None, None, _TOO_MUCH)

    def _check_unit(self, attributes: dict[str, str]) -> None:
        """Rows must come in order: openpyxl drops those that don't, without a word."""
        if self._unit == _UNITS[_STRINGS]:
            self._strings += 1
            if self._strings > _MOST_STRINGS:
                raise TableProblem(None, None, _TOO_MUCH)
            return
        told = attributes.get("r", str(self._last_row + 1))
        row = int(told) if told.isascii() and told.isdigit() and len(told) < 10 else 0
        if not self._last_row < row <= LAST_ROW:
            raise TableProblem(None, None, BROKEN)
        self._last_row = row

    def _doctype(self, *_: object) -> None:
        # No spreadsheet program writes one; it is where entities that unfold without end are declared.
        raise TableProblem(None, None, BROKEN)
