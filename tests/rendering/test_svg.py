"""Frames as SVG."""

from xml.etree import ElementTree

from dynenvs.rendering.svg import to_svg
from dynenvs.rendering.vocabulary import Arrow, Bar, Circle, Frame, Line, Polygon, Rect, Text

EVERYTHING = (
    Rect(1, 2, 30, 40, radius=5, stroke="#123456"),
    Circle(50, 50, 9.87654, fill=None, stroke="#ff0000"),
    Line(((0, 0), (1.5, 2.25))),
    Polygon(((0, 0), (9, 0), (0, 9))),
    Text(5, 5, "hello"),
    Bar(0, 0, 50, 5, 0.5),
    Arrow((0, 0), (50, 50)),
)


def elements(*shapes):
    root = ElementTree.fromstring(to_svg(Frame(100, 80, shapes)))
    return [(element.tag.split("}")[1], element.attrib, element.text) for element in root][1:]


def test_every_shape_becomes_an_element_in_order():
    tags = [tag for tag, _, _ in elements(*EVERYTHING)]
    assert tags == ["rect", "circle", "polyline", "polygon", "text", "rect", "rect", "polyline", "polygon"]


def test_the_view_box_is_the_frame():
    root = ElementTree.fromstring(to_svg(Frame(100, 80, (), background="#abcdef")))
    assert root.get("viewBox") == "0 0 100 80"
    assert root[0].get("fill") == "#abcdef"


def test_markup_in_names_stays_text():
    hostile = '</text><script>alert("x")</script> & <b>'
    assert "<script" not in to_svg(Frame(10, 10, (Text(0, 0, hostile),)))
    ((_, _, text),) = elements(Text(0, 0, hostile))
    assert text == hostile


def test_characters_that_xml_forbids_are_left_out():
    ((_, _, text),) = elements(Text(0, 0, "a\x00b\x1bc\nd"))
    assert text == "abcd"


def test_a_shape_without_fill_is_hollow():
    ((_, ring, _),) = elements(Circle(5, 5, 2, fill=None, stroke="#ff0000", stroke_width=2))
    assert (ring["fill"], ring["stroke"], ring["stroke-width"]) == ("none", "#ff0000", "2")


def test_numbers_are_short():
    ((_, disc, _),) = elements(Circle(50, 1 / 3, 9.87654))
    assert (disc["cx"], disc["cy"], disc["r"]) == ("50", "0.33", "9.88")
