"""A recurrence written by hand, whose state is filled before the loop and read after it."""
# ruff: noqa: E501

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser

from spatial_opt.dialects.spatial import TargetAttr
from spatial_opt.machine.load import load_machine
from spatial_opt.runtime.formats import Array
from spatial_opt.tools.compilation import make_context


def parse(text: str) -> ModuleOp:
    """Parse a configuration, right or wrong."""
    return Parser(make_context(), text).parse_module()


@dataclass(frozen=True)
class Recurrence:
    """
    h = h + h / 2, `steps` times, by `units` units side by side, their rows in turns or in blocks.

    h has `size` rows. It begins with x, which is loaded, and the last one is stored.
    """

    size: int
    steps: int = 3
    units: int = 2
    blocked: bool = False
    buffers: int = 2
    go: bool = True
    """Whether the first step waits for the first contents."""
    over: bool = True
    """Whether what is left is read behind the last write."""

    @property
    def turns(self) -> int:
        """Rows of each unit, those behind the end included."""
        return -(-self.size // self.units)

    def text(self) -> str:
        """Write the configuration."""
        n, t, b = self.size, self.steps, self.buffers
        apart = f" apart {self.turns}" if self.blocked else ""
        row = "%j" if self.blocked else f"{self.units} * %j"
        vectors = -(-n // 4)
        reads = ", ".join(f'"r{u}"' for u in range(self.units))
        writes = ", ".join(f'"w{u}"' for u in range(self.units))
        waits = '"go", "next"' if self.go else '"next"'
        units = "\n".join(
            f"""spatial.pcu @u{u} counters (%j = 0 to {self.turns}) {{
              %h = spatial.receive "h" : f32
              %c = arith.constant 0.5 : f32
              spatial.stage 0
              %m = arith.mulf %h, %c : f32
              spatial.stage 1
              %s = arith.addf %h, %m : f32
              spatial.send "s" %s : f32
            }}"""
            for u in range(self.units)
        )
        links = "\n".join(
            f"""spatial.link @h::@r{u} to @u{u}::@h : scalar depth 2
            spatial.link @u{u}::@s to @h::@w{u} : scalar depth 2"""
            for u in range(self.units)
        )
        return f"""
        spatial.config @main {{
          spatial.input @x : tensor<{n}xf32>
          spatial.output @y : tensor<{n}xf32>
          spatial.ag @x.load loads @x counters (%i = 0 to {vectors}) address [4 * %i] : vector<4xf32>
          spatial.controller @steps counters (%t = 0 to {t}) waits ["start"] signals ["go"] {{
            spatial.pmu @h holds tensor<{b}x{n}xf32> banked (4, 1) init zero {{
              spatial.write @first before ports ["x"] port 0 counters (%i = 0 to {vectors}) address [0, 4 * %i] clip signals ["ready"] : vector<4xf32>
              spatial.read @old ports [{reads}]{apart} port 0 counters (%j = 0 to {self.turns}) address [%t mod {b}, {row}] padded waits [{waits}] : f32
              spatial.write @new ports [{writes}]{apart} port 0 counters (%j = 0 to {self.turns}) address [(%t + 1) mod {b}, {row}] clip signals ["done"] : f32
              spatial.read @last after port 0 counters (%i = 0 to {vectors}) address [{t % b}, 4 * %i] padded waits [{'"over"' if self.over else ""}] : vector<4xf32>
            }}
            {units}
          }}
          spatial.ag @y.store stores @y counters (%i = 0 to {vectors}) address [4 * %i] : vector<4xf32>
          spatial.link @x.load::@data to @h::@x : vector depth 2
          spatial.link @h::@last to @y.store::@data : vector depth 2
          {links}
          spatial.link @h::@ready to @steps::@start : token depth 2 hold {t}
          {"spatial.link @steps::@go to @h::@go : token depth 2" if self.go else ""}
          spatial.link @h::@done to @h::@next : token depth 2 init 1
          {f"spatial.link @h::@done to @h::@over : token depth 2 every {t}" if self.over else ""}
        }}
        """

    def module(self) -> ModuleOp:
        """Parse it for the machine `tiny`."""
        module = parse(self.text())
        module.attributes["spatial.target"] = TargetAttr.from_machine(load_machine("tiny"))
        module.verify()
        return module

    def inputs(self) -> dict[str, Array]:
        """Give different numbers."""
        return {"x": np.arange(1, self.size + 1, dtype=np.float32)}

    def result(self) -> Array:
        """Compute y."""
        found = self.inputs()["x"]
        for _ in range(self.steps):
            found = found + found * np.float32(0.5)
        return found
