"""What axe-core finds on a page; hatch_build.py packs it beside."""

from pathlib import Path

from playwright.sync_api import Page

AXE = Path(__file__).parent / "lib" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
TELL = """async (rules) => {
  const found = await axe.run(document, { runOnly: rules });
  return found.violations.map((one) =>
    `${one.id}: ${one.help}, at ${one.nodes.map((node) => node.target.join(" ")).join("; ")}`);
}"""


def assert_accessible(page: Page) -> None:
    """Nothing is found on it as it is now: WCAG A and AA, and what is good practice."""
    page.evaluate(AXE.read_text())
    assert page.evaluate(TELL, RULES) == []
