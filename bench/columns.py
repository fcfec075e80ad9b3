"""Tables of text."""

from collections.abc import Sequence


def aligned(rows: Sequence[Sequence[str]], left: Sequence[bool]) -> list[str]:
    """Align columns: text to the left, numbers to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if to_left else cell.rjust(width)
            for cell, width, to_left in zip(row, widths, left, strict=True)
        ).rstrip()
        for row in rows
    ]
