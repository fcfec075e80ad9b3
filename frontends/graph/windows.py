"""Windows that move over the dimensions of space: what a filter or a pool sees at each place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from xdsl.ir.affine import AffineExpr

from spatial_opt.frontends.graph.layout import scaled, shifted
from spatial_opt.machine.errors import SpatialError


@dataclass(frozen=True)
class Window:
    """How a filter moves over one spatial dimension."""

    size: int
    stride: int = 1
    before: int = 0
    """Zeros in front."""
    after: int = 0
    """Zeros behind."""
    dilation: int = 1

    @property
    def span(self) -> int:
        """Return the elements from the first to the last one that the filter sees."""
        return (self.size - 1) * self.dilation + 1

    def count(self, extent: int) -> int:
        """Return at how many places the filter fits."""
        return (extent + self.before + self.after - self.span) // self.stride + 1

    def reads_outside(self, extent: int) -> bool:
        """Return whether the filter sees zeros that were added."""
        last = (self.count(extent) - 1) * self.stride + self.span - self.before
        return self.before > 0 or last > extent

    def seen(self, place: AffineExpr, tap: AffineExpr) -> AffineExpr:
        """Return which element of the input a tap sees at a place; there may be none."""
        return shifted(scaled(place, self.stride) + scaled(tap, self.dilation), -self.before)

    def rounded_up(self, extent: int) -> Window:
        """Return the window with a last place that is only partly filled, if there is one."""
        whole = extent + self.before + self.after - self.span
        count = -(-whole // self.stride) + 1
        # One that begins behind the input and what stands in front of it would see nothing.
        if (count - 1) * self.stride >= extent + self.before:
            count -= 1
        needed = (count - 1) * self.stride + self.span - extent - self.before
        return replace(self, after=max(self.after, needed))


def around_same(extent: int, window: Window, *, more_behind: bool) -> Window:
    """Return the window with as many zeros around as give one place per stride."""
    places = -(-extent // window.stride)
    missing = max(0, (places - 1) * window.stride + window.span - extent)
    before = missing // 2 if more_behind else missing - missing // 2
    return replace(window, before=before, after=missing - before)


def counts_of(windows: Sequence[Window], space: Sequence[int]) -> list[int]:
    """Return the number of places per dimension; SpatialError for a window that fits nowhere."""
    counts = [window.count(extent) for window, extent in zip(windows, space, strict=True)]
    if min(counts, default=1) < 1:
        raise SpatialError(
            f"a window that spans {[window.span for window in windows]} does not fit into "
            f"{list(space)}; pad the input or shorten the window"
        )
    return counts
