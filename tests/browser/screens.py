"""What a screen shows, as one who reads it would measure it."""

PHONE = {"viewport": {"width": 375, "height": 812}, "is_mobile": True, "has_touch": True}
"""Options of a page on a phone."""

VISIBLE = """
const visible = (selector) => [...document.querySelectorAll(selector)].filter((element) =>
    element.checkVisibility({visibilityProperty: true}) && element.getBoundingClientRect().width > 1);
const name = (element) => `${element.tagName}.${element.className.baseVal ?? element.className}`;
"""

WIDER_THAN_THE_PAGE = (
    "() => {"
    + VISIBLE
    + """
    const scrolls = (element) => element.closest(".scroll, .large");
    return visible("body *:not(.skip)").filter((element) => {
        const {left, right} = element.getBoundingClientRect();
        return (left < -0.5 || right > innerWidth + 0.5) && (element.matches(".scroll") || !scrolls(element));
    }).map(name);
}"""
)

SMALL_TEXTS = (
    "() => {"
    + VISIBLE
    + """
    const size = (element) => {
        const svg = element.closest("svg");
        return parseFloat(getComputedStyle(element).fontSize) * (svg ? svg.getScreenCTM().a : 1);
    };
    const writes = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    return visible("body *").filter((element) => writes(element) && size(element) < 11.95)
        .map((element) => `${name(element)}: ${size(element).toFixed(1)} px`);
}"""
)

SMALL_TARGETS = (
    "() => {"
    + VISIBLE
    + """
    const target = (element) => (element.closest("label") ?? element).getBoundingClientRect();
    return visible("a[href]:not(.skip, .card a), button, input, summary")
        .filter((element) => target(element).height < 39.5 || target(element).width < 39.5)
        .map((element) => `${name(element)}: ${target(element).width} x ${target(element).height} px`);
}"""
)

BOX_OF_LETTERS = """(text) => {
    const {x, y, width, height} = text.getBBox(), {a, e, f} = text.getScreenCTM();
    return {left: a * x + e, right: a * (x + width) + e, top: a * y + f, bottom: a * (y + height) + f};
}"""
"""Where a text of a drawing is, without the rim that parts it from lines."""


def assert_fits(page):
    """Fail if a phone's page is wider than its screen, or has what is too small to read or to touch."""
    assert page.evaluate("[innerWidth, document.documentElement.scrollWidth]") == [375, 375]
    assert page.evaluate(WIDER_THAN_THE_PAGE) == []
    assert page.evaluate(SMALL_TEXTS) == []
    assert page.evaluate(SMALL_TARGETS) == []
