"""axe over a page as it stands, in both colour schemes and at both widths."""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Page

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
WIDTHS = (360, 1280)
SCHEMES = ("light", "dark")

COLOUR_RULES = ("color-contrast", "link-in-text-block")
"""All that may differ between the schemes: the page is the same one in other colours."""

_RUN = """chosen => axe.run(document, {runOnly: chosen, resultTypes: ["violations"]}).then(({violations}) =>
    violations.map(({id, help, nodes}) => `${id}: ${help}: ${
        nodes.map(node => `${node.target} ${node.any.concat(node.all).map(check => check.message)}`).slice(0, 6)}`))"""


async def violations(page: Page, *, widths: tuple[int, ...] = WIDTHS) -> dict[str, list[str]]:
    """What axe finds, by width and scheme; nothing where it finds nothing.

    axe is put into the page by the debugger, which the page's own policy does not bind, and is gone with the page.
    """
    await page.evaluate(f"() => {{ if (!window.axe) {{ {AXE_SCRIPT} }} }}")
    found: dict[str, Any] = {}
    for width in widths:
        await page.set_viewport_size({"width": width, "height": 900})
        for scheme in SCHEMES:
            await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
            everything = {"type": "tag", "values": list(TAGS)}
            colours = {"type": "rule", "values": list(COLOUR_RULES)}
            chosen = everything if scheme == SCHEMES[0] else colours
            found[f"{width} {scheme}"] = await page.evaluate(_RUN, chosen)
    return {where: what for where, what in found.items() if what}
