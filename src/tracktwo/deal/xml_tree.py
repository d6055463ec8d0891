"""Strict reading of small XML files into a tree whose every element knows its line.

Assumes nothing about the bytes: they may be hostile. Documents that declare a type or entities are
refused, as are deep ones, so nothing is expanded, fetched or recursed into. Only BadInput comes
out. Attributes may be of a position, so they are in no message and no repr.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.sax import ContentHandler, SAXException, SAXParseException
from xml.sax.xmlreader import AttributesImpl, Locator

from defusedxml import DefusedXmlException
from defusedxml.sax import parseString

from tracktwo.errors import BadInput
from tracktwo.said import said

_DEEPEST = 32
# What is most often wrong, as expat says it and as we do.
_SYNTAX = {
    "mismatched tag": said("an element ends that is not the last one begun"),
    "not well-formed (invalid token)": said("a sign stands where it may not"),
    "syntax error": said("it does not begin as XML does"),
    "no element found": said("it ends too early"),
    "unclosed token": said("it ends too early"),
    "junk after document element": said("something follows after its end"),
    "duplicate attribute": said("an attribute stands there twice"),
    "undefined entity": said("it uses an entity that is not defined"),
}


@dataclass(slots=True)
class Element:
    """An element with its attributes and the elements inside it. Its text is left out."""

    tag: str
    attributes: dict[str, str] = field(repr=False)
    line: int
    children: list[Element] = field(default_factory=list, repr=False)

    def inside(self, tag: str) -> list[Element]:
        """The elements of that tag right inside this one, in order."""
        return [child for child in self.children if child.tag == tag]


def read_xml(data: bytes, where: str, *, limit: int) -> Element:
    """The top element of a file called `where`. Raises BadInput, with the line where there is one.

    At most `limit` bytes are read.
    """
    if len(data) > limit:
        what = said(
            "The file has {size} bytes; at most {most} are read.", size=len(data), most=limit
        )
        raise BadInput(what, where=where, advice=said("Is it the right file?"))
    tree = _Tree()
    try:
        parseString(data, tree, forbid_dtd=True)
    except SAXParseException as error:
        told = error.getMessage()
        what = said("This is not XML: {reason}.", reason=_SYNTAX.get(told, told))
        raise BadInput(what, where=where, line=error.getLineNumber()) from None
    except DefusedXmlException:
        what = said("The file declares a document type, which is not read.")
        raise BadInput(
            what, where=where, advice=said("Delete everything from <!DOCTYPE to >.")
        ) from None
    except (SAXException, LookupError, ValueError):  # what expat makes of broken encodings
        advice = said("Save the file as UTF-8 and try again.")
        raise BadInput(said("This cannot be read as XML."), where=where, advice=advice) from None
    if tree.top is None:
        raise BadInput(said("The file holds no XML."), where=where)
    return tree.top


class _Tree(ContentHandler):
    """Builds the tree from what the parser meets."""

    def __init__(self) -> None:
        super().__init__()
        self.top: Element | None = None
        self._open: list[Element] = []
        self._place: Locator | None = None

    def setDocumentLocator(self, locator: Locator) -> None:  # noqa: N802 - named by SAX
        self._place = locator

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802 - as above
        line = (self._place.getLineNumber() if self._place else None) or 1
        if len(self._open) == _DEEPEST:
            raise SAXParseException(said("it is nested too deep"), None, self._place or Locator())
        element = Element(name, dict(attrs.items()), line)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.top = element
        self._open.append(element)

    def endElement(self, name: str) -> None:  # noqa: N802 - as above
        self._open.pop()
