"""Pages as tests look at them: their elements, and what every page of this service keeps to."""

import itertools
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Final

VOID: Final = frozenset({"img", "input", "link", "meta"})
MUST_BE_LABELED: Final = frozenset({"input", "select", "textarea"})


@dataclass
class Element:
    """One element, with the text inside it."""

    tag: str
    attributes: dict[str, str]
    text: str = ""

    def __getitem__(self, name: str) -> str:
        return self.attributes[name]


@dataclass
class Document(HTMLParser):
    """A page, parsed."""

    content: str
    elements: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Parse the page; what is closed must have been open, innermost first."""
        super().__init__()
        self._open: list[Element] = []
        self.feed(self.content)
        assert not self._open, f"never closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> says an attribute twice: {names}"
        self.handle_data(" ")  # what is another element is another word
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        element = self._open.pop()
        assert element.tag == tag, f"</{tag}> closes <{element.tag}>"

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """Find the elements of a tag that have these attributes."""
        return [
            element
            for element in self.elements
            if element.tag == tag and attributes.items() <= element.attributes.items()
        ]

    def one(self, tag: str, **attributes: str) -> Element:
        """Find the only element of its kind."""
        [element] = self.all(tag, **attributes)
        return element

    def text(self) -> str:
        """Say everything on the page, blanks made single."""
        return " ".join(self.one("body").text.split())


def page(answer: Any, status: int = 200) -> Document:
    """Read an answer that must be a page of this status, and one as all pages must be."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    document = Document(answer.content.decode())
    check(document)
    check_policy(answer)
    return document


def check(document: Document) -> None:
    """Check what makes a page usable with a keyboard, a screen reader and a narrow screen."""
    assert document.content.startswith("<!doctype html>")
    assert document.one("html")["lang"] == "en"
    assert document.one("title").text.strip() != "· Tollgate"
    assert "initial-scale=1" in document.one("meta", name="viewport")["content"]
    document.one("h1")
    document.one("main", id="content")
    assert document.all("a")[0]["href"] == "#content"
    assert [len(document.all(landmark)) for landmark in ("header", "footer")] == [1, 1]
    ids = [element["id"] for element in document.elements if "id" in element.attributes]
    assert len(ids) == len(set(ids)), "an id stands twice"
    check_references(document, set(ids))
    levels = [int(e.tag[1]) for e in document.elements if e.tag in {"h1", "h2", "h3", "h4"}]
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def check_references(document: Document, ids: set[str]) -> None:
    """Check that controls have labels, pictures have a text, and references lead somewhere."""
    labels = {label["for"] for label in document.all("label")}
    for element in document.elements:
        attributes = element.attributes
        if element.tag in MUST_BE_LABELED and attributes.get("type") != "hidden":
            assert attributes["id"] in labels, f"without a label: {element}"
        if element.tag == "img":
            assert "alt" in attributes
        for name in ("aria-labelledby", "aria-describedby", "for"):
            assert set(attributes.get(name, "").split()) <= ids, f"leads nowhere: {element}"
        if element.tag == "nav":
            assert "aria-label" in attributes
    assert all(cell["scope"] in {"col", "row"} for cell in document.all("th"))


def check_policy(answer: Any) -> None:
    """Check that the page needs nothing that its policy forbids, and that the policy is strict."""
    document = Document(answer.content.decode())
    policy = answer["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "*" not in policy
    assert not document.all("script")
    assert not document.all("style")
    for element in document.elements:
        assert "style" not in element.attributes
        assert not any(name.startswith("on") for name in element.attributes)
        for name in ("href", "src", "action"):
            address = element.attributes.get(name, "/")
            assert address[:1] in {"/", "#", "?"}, f"another host: {address}"
            assert not address.startswith("//")
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
