"""How filters and pools move: strides, pads and dilations of a node."""

from __future__ import annotations

from collections.abc import Sequence

from spatial_opt.frontends.graph.windows import Window, around_same
from spatial_opt.frontends.onnx.call import Call


def windows_of(call: Call, space: Sequence[int], sizes: Sequence[int]) -> list[Window]:
    """Return the window along each dimension of space, from the attributes of a node."""
    count = len(space)
    strides = call.integer_list("strides") or [1] * count
    dilations = call.integer_list("dilations") or [1] * count
    pads = call.integer_list("pads") or [0] * (2 * count)
    how = call.text("auto_pad", "NOTSET")
    given = len(sizes), len(strides), len(dilations), len(pads)
    if given != (count, count, count, 2 * count):
        call.refuse(
            f"kernel_shape, strides, dilations or pads are not those of {count} spatial "
            "dimensions; correct them"
        )
    if min([*sizes, *strides, *dilations]) < 1 or min(pads) < 0:
        call.refuse("sizes, strides and dilations start at 1 and pads at 0; correct them")
    if how not in ("NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"):
        call.refuse(f"auto_pad {how!r} is not known; it is NOTSET, VALID, SAME_UPPER or SAME_LOWER")
    if how == "VALID":
        pads = [0] * (2 * count)
    windows = [
        Window(sizes[n], strides[n], pads[n], pads[n + count], dilations[n]) for n in range(count)
    ]
    if how.startswith("SAME"):
        behind = how == "SAME_UPPER"
        windows = [
            around_same(extent, window, more_behind=behind)
            for extent, window in zip(space, windows, strict=True)
        ]
    return windows
