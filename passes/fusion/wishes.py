"""What a person asked of the fusion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.fusion.kernels import Kernel

Policy = Literal["cost", "all", "none"]


@dataclass(frozen=True)
class Wishes:
    """The options of the pass, as questions about a map."""

    pass_name: str
    policy: Policy
    only: frozenset[str]
    """Names of the maps to fuse, whatever it costs; all others stay, unless it is empty."""
    keep: frozenset[str]
    """Names of the maps to leave as they are."""

    def allow(self, kernel: Kernel) -> bool:
        """Return whether a map may be substituted or merged at all."""
        names = _names(kernel)
        if names & self.keep:
            return False
        return bool(names & self.only) if self.only else self.policy != "none"

    def forces(self, kernel: Kernel) -> bool:
        """Return whether a map must be fused into its readers."""
        return bool(_names(kernel) & self.only)

    def insists(self, kernel: Kernel) -> bool:
        """Return whether a map is fused wherever that is legal, even where it does not pay."""
        return self.forces(kernel) or self.policy == "all"

    def check(self, kernels: Sequence[Kernel]) -> None:
        """Raise `SpatialError` for a name that no map has, or that is to be fused and kept."""
        both = sorted(self.only & self.keep)
        if both:
            raise SpatialError(
                f"{self.pass_name}: {both[0]!r} is in `only` and in `keep`; leave it out of one"
            )
        known = {name for kernel in kernels for name in _names(kernel)}
        for name in sorted(self.only | self.keep):
            if name not in known:
                close = get_close_matches(name, sorted(known), 1)
                hint = f"did you mean {close[0]!r}?" if close else "names are those of results"
                raise SpatialError(f"{self.pass_name}: no map is called {name!r}; {hint}")


def _names(kernel: Kernel) -> frozenset[str]:
    return frozenset(result.name_hint for result in kernel.op.results if result.name_hint)
