"""The product's mark, as pictures that need no request of their own."""

from __future__ import annotations

from base64 import b64encode

BLUE = "#1F63B5"  # white on it, and it on white: 6 : 1
_MARK = (
    f'<rect width="32" height="32" rx="7" fill="{BLUE}"/>'
    '<path d="M7 22v-6M13 22V10M19 22v-9M25 22v-4" stroke="#fff" stroke-width="3"'
    ' stroke-linecap="round"/>'
)
ICON = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">{_MARK}</svg>'


def logo(*, dark: bool) -> str:
    """The mark and the name beside it, for a dark or a light ground."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 210 32">{_MARK}'
        '<text x="42" y="23" font-family="system-ui, sans-serif" font-size="20" font-weight="650"'
        f' fill="{"#E6EAF0" if dark else "#1B2430"}">OrderScope</text></svg>'
    )


def svg_url(svg: str) -> str:
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"
