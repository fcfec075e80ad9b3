"""Memories of weights written by hand, each stored as it is read: values, times and bytes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod

import numpy as np
from hypothesis import strategies as st
from streaming_cases import TINY, config, placed, streamed
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.machine.description import Machine
from spatial_opt.passes.spatial_split_memories import SpatialSplitMemoriesPass
from spatial_opt.runtime.formats import Array


@dataclass(frozen=True)
class Weights:
    """One memory, of which tokens of `width` elements are read in order, over and over."""

    trips: tuple[int, ...]
    """Of the counters that choose a token, each along a dimension of its own."""
    width: int = 4
    repeats: int = 1
    depth: int = 2
    """Places of the link to each reader."""
    readers: int = 1

    @property
    def tokens(self) -> int:
        """Tokens that differ."""
        return prod(self.trips)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the memory."""
        return (*self.trips[:-1], self.trips[-1] * self.width)

    def units(self, name: str) -> str:
        """Write the memory and what stores its tokens."""
        counters = [f"%c{n} = 0 to {trip}" for n, trip in enumerate(self.trips)]
        place = [f"%c{n}" for n in range(len(self.trips))]
        place[-1] = f"{self.width} * {place[-1]}"
        sizes = "x".join(map(str, self.shape))
        stores = "\n".join(
            f"""spatial.ag @{name}.store{n} stores @{name}.y{n} counters (%i = 0 to {self.given})
              address [{self.given} * %t + %i, 0] : {self.token}"""
            for n in range(self.readers)
        )
        return f"""
        spatial.pmu @{name} holds tensor<{sizes}xf32> banked (4, 1)
            init parameter "{name}" {list(self.shape)} {{
          spatial.read @out port 0 counters (%again = 0 to {self.repeats}, {", ".join(counters)})
              address [{", ".join(place)}] : {self.token}
        }}
        {stores}"""

    @property
    def given(self) -> int:
        """Tokens of an activation."""
        return self.tokens * self.repeats

    @property
    def token(self) -> str:
        """Type of a token."""
        return "f32" if self.width == 1 else f"vector<{self.width}xf32>"

    def links(self, name: str) -> str:
        """Write the links from the memory."""
        kind = "scalar" if self.width == 1 else "vector"
        return "\n".join(
            f"spatial.link @{name}::@out to @{name}.store{n}::@data : {kind} depth {self.depth}"
            for n in range(self.readers)
        )

    def result(self, array: Array, steps: int) -> Array:
        """Compute what is stored."""
        return np.tile(array.reshape(self.tokens, self.width), (self.repeats * steps, 1))


@dataclass(frozen=True)
class Memories:
    """Memories of weights in a loop, and the machine that they do not fit."""

    memories: tuple[Weights, ...]
    steps: int
    capacity: int
    generators: int

    @property
    def machine(self) -> Machine:
        """Give the machine: eight memory units of so many bytes."""
        readers = sum(each.readers for each in self.memories)
        return replace(
            TINY,
            pmu=replace(TINY.pmu, capacity_bytes=self.capacity),
            ag=replace(TINY.ag, count=readers + self.generators),
        )

    @property
    def names(self) -> dict[str, Weights]:
        """Give the memories by name."""
        return {f"W{number}": each for number, each in enumerate(self.memories)}

    def module(self) -> ModuleOp:
        """Write the configuration."""
        named = self.names.items()
        outputs = "\n".join(
            f"spatial.output @{name}.y{n} : tensor<{each.given * self.steps}x{each.width}xf32>"
            for name, each in named
            for n in range(each.readers)
        )
        units = "\n".join(each.units(name) for name, each in named)
        links = "\n".join(each.links(name) for name, each in named)
        loop = f"spatial.controller @steps counters (%t = 0 to {self.steps}) {{ {units} }}"
        return config(f"{outputs}\n{loop}\n{links}", self.machine)

    def compiled(self, weights: str) -> ModuleOp:
        """Stream what is to be, split the rest, and put it on the machine."""
        module = self.module()
        streamed(module, weights)
        SpatialSplitMemoriesPass().apply(Context(), module)
        return placed(module)

    def parameters(self) -> dict[str, Array]:
        """Give different numbers."""
        found: dict[str, Array] = {}
        for number, (name, each) in enumerate(self.names.items()):
            count = prod(each.shape)
            first = 1000 * number
            found[name] = np.arange(first, first + count, dtype=np.float32).reshape(each.shape)
        return found


@st.composite
def memories(draw: st.DrawFn) -> Memories:
    """Draw one or two memories, with sizes that divide nothing, for units of a few tokens."""
    drawn = tuple(
        Weights(
            tuple(draw(st.lists(st.integers(1, 7), min_size=1, max_size=3))),
            draw(st.sampled_from([1, 2, 4])),
            draw(st.integers(1, 2)),
            draw(st.integers(1, 6)),
            draw(st.integers(1, 2)),
        )
        for _ in range(draw(st.integers(1, 2)))
    )
    return Memories(
        drawn,
        draw(st.integers(1, 3)),
        draw(st.sampled_from([16, 48, 64, 112])),
        draw(st.integers(1, 3)),
    )
