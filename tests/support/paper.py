"""A PDF as a reader sees it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from pypdf import PdfReader


@dataclass(frozen=True)
class Paper:
    """What a PDF says and how it is made."""

    reader: PdfReader

    @classmethod
    def of(cls, content: bytes) -> Paper:
        """Raises pypdf's PdfReadError for what is no PDF."""
        return cls(PdfReader(io.BytesIO(content), strict=True))

    @property
    def text(self) -> str:
        """All its text without the breaks of lines."""
        return "".join(page.extract_text() for page in self.reader.pages).replace("\n", "")

    @property
    def catalogue(self) -> Any:
        return self.reader.trailer["/Root"]

    def fonts(self) -> list[tuple[str, bool]]:
        """Each font of each page, and whether it is in the file."""
        found = []
        for page in self.reader.pages:
            resources: Any = page["/Resources"]
            for font in resources["/Font"].get_object().values():
                descendant = font.get_object()["/DescendantFonts"][0].get_object()
                described = descendant["/FontDescriptor"].get_object()
                embedded = any(key in described for key in ("/FontFile2", "/FontFile3"))
                found.append((str(descendant["/BaseFont"]), embedded))
        return found

    def tags(self) -> set[str]:
        """The kinds of elements in its structure."""
        found: set[str] = set()
        waiting: list[Any] = [self.catalogue["/StructTreeRoot"]]
        while waiting:
            element = waiting.pop()
            element = element.get_object() if hasattr(element, "get_object") else element
            if isinstance(element, list):
                waiting.extend(element)
            elif isinstance(element, dict):
                if "/S" in element:
                    found.add(str(element["/S"]))
                waiting.append(element.get("/K"))
        return found
