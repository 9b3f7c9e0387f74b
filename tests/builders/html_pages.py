"""Reads an HTML page strictly, as a test wants to see it."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "img", "br", "input", "hr"}
CELLS = {"td", "th"}  # whose texts stand apart without a space between them
LINKS = ("src", "href", "srcset", "poster", "action", "data", "xlink:href")


@dataclass
class Element:
    """An element that has ended, with all the text in it."""

    tag: str
    attributes: dict[str, str]
    text: str = ""


@dataclass
class Page(HTMLParser):
    """All elements of a page.

    Raises:
        AssertionError: an element is not ended, or in the wrong order.
    """

    content: str
    elements: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[Element] = []
        self.feed(self.content)
        self.close()
        assert not self.open, [element.tag for element in self.open]

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), (tag, names)
        element = Element(tag, {name: value or "" for name, value in attrs})
        (self.elements if tag in VOID else self.open).append(element)

    def handle_startendtag(self, tag, attrs):
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag):
        assert self.open and self.open[-1].tag == tag, (tag, self.getpos())
        self.elements.append(self.open.pop())
        if tag in CELLS:
            self.handle_data(" ")

    def handle_data(self, data):
        for element in self.open:
            element.text += data

    @property
    def text(self) -> str:
        """All text, with single spaces."""
        (body,) = (element for element in self.elements if element.tag == "body")
        return " ".join(body.text.split())

    def facts(self, key: str) -> list[str]:
        """The text of all cells of a figure."""
        return [
            element.text.strip()
            for element in self.elements
            if element.attributes.get("data-fact") == key
        ]

    def loads(self) -> list[str]:
        """What the page would request: all links that are neither within it nor within the page."""
        links = [
            value
            for element in self.elements
            for name, value in element.attributes.items()
            if name in LINKS
        ]
        styles = [e.text for e in self.elements if e.tag == "style"]
        styles += [e.attributes["style"] for e in self.elements if "style" in e.attributes]
        return [link for link in links if not link.startswith(("#", "data:"))] + [
            style for style in styles if "url(" in style or "@import" in style
        ]
