"""Configurations that fill a 24 x 24 machine: a fused recurrent layer, as text."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

VECTOR = "vector<64xf8E4M3FN>"


@dataclass(frozen=True)
class FullMachine:
    """
    One fused layer: dot products of one state vector, adder trees, row pipelines, the state again.

    `gates * copies * pieces` units compute dot products, and their sums reach `rows` pipelines,
    `copies / rows` of them one after another through each port.
    """

    gates: int = 4
    copies: int = 40
    pieces: int = 1
    rows: int = 4
    weights: int = 2
    """Memories that each dot product reads its weights from."""
    states: int = 1
    """Memories that hold the state vector; each dot product reads one of them."""
    private: bool = False
    """Whether every dot product has a copy of the state to itself."""
    tokens: int = 4
    """Sums that each dot product makes per step."""
    steps: int = 8

    @property
    def dots(self) -> int:
        """Units that compute dot products."""
        return self.gates * self.copies * self.pieces


def random_machine(seed: int) -> FullMachine:
    """Give parameters that fill most of the 192 compute and 384 memory units."""
    pick = np.random.default_rng(seed)
    gates = int(pick.integers(3, 5))
    pieces = int(pick.choice([1, 2, 4, 8]))
    rows = int(pick.choice([1, 2, 4]))
    if pieces < 4:  # A port takes 14 turns at most.
        rows = 4
    tree = 0 if pieces == 1 else 1 if pieces < 8 else 2
    spare = 192 - rows * (gates + 3)
    copies = rows * (spare // (gates * (pieces + tree) * rows))
    found = FullMachine(gates, copies, pieces, rows, 1, min(pieces, 4))
    private = pick.random() < 0.3
    return replace(found, weights=1 if private else int(pick.integers(1, 3)), private=private)


def full_machine(layer: FullMachine) -> str:
    """Write the configuration before its units are cut, for `plasticine-rnn`."""
    return "\n".join(["spatial.config @main {", *_Writer(layer).lines(), "}"])


class _Writer:
    def __init__(self, layer: FullMachine) -> None:
        self.layer = layer
        self.inside: list[str] = []
        self.links: list[str] = []
        self.sums: dict[tuple[int, int], str] = {}
        """Port that sends the sum of each gate and copy."""

    def lines(self) -> Iterator[str]:
        layer = self.layer
        for gate in range(layer.gates):
            for copy in range(layer.copies):
                self._dots(gate, copy)
        for row in range(layer.rows):
            self._row(row)
        self._states()
        rows = layer.rows * layer.tokens * layer.copies // layer.rows
        yield f"spatial.output @y : tensor<{layer.steps}x{rows}xf8E4M3FN>"
        yield f"spatial.controller @scan counters (%t = 0 to {layer.steps}) {{"
        yield from self.inside
        yield "}"
        yield from self.links

    def _link(self, source: str, target: str, kind: str = "scalar", more: str = "") -> None:
        self.links.append(f"spatial.link @{source} to @{target} : {kind} depth 16{more}")

    def _dots(self, gate: int, copy: int) -> None:
        layer = self.layer
        counters = f"counters (%j = 0 to {layer.tokens}, %k = 0 to 2)"
        names: list[str] = []
        for piece in range(layer.pieces):
            name = f"dot.{gate}.{copy}.{piece}"
            names.append(name)
            for part in range(layer.weights):
                low = layer.tokens * part // layer.weights
                high = layer.tokens * (part + 1) // layer.weights
                self.inside.append(f"""
                spatial.pmu @w{part}.{name} holds tensor<{high - low}x128xf8E4M3FN>
                    banked (16, 1) init zero {{
                  spatial.read @out port 0 counters (%j = 0 to {high - low}, %k = 0 to 2)
                      address [%j, 64 * %k] : {VECTOR}
                }}""")
                self._link(
                    f"w{part}.{name}::@out",
                    f"{name}::@w",
                    "vector",
                    f" window ({2 * low}, {2 * high})" if layer.weights > 1 else "",
                )
            self.inside.append(f"""
            spatial.pcu @{name} {counters} {{
              %w = spatial.receive "w" : {VECTOR}
              %x = spatial.receive "x" : {VECTOR}
              %p = arith.mulf %w, %x : {VECTOR}
              %q = pattern.convert %p : {VECTOR} to vector<64xf16>
              %r = spatial.combine add %q : vector<64xf16> to vector<32xf16>
              %u = pattern.convert %r : vector<32xf16> to vector<32xf32>
              %v = spatial.combine add %u : vector<32xf32> to vector<16xf32>
              %s = spatial.fold add %v per %j : vector<16xf32> to f32
              spatial.send "out" %s per %j : f32
            }}""")
            state = f"xh.{name}" if layer.private else f"xh.{piece % layer.states}"
            self._link(f"{state}::@out", f"{name}::@x", "vector")
        self.sums[gate, copy] = f"{names[0]}::@out"
        if layer.pieces > 1:
            self._tree(f"tree.{gate}.{copy}", names)
            self.sums[gate, copy] = f"tree.{gate}.{copy}::@out"

    def _tree(self, name: str, parts: list[str]) -> None:
        body = [f'%a{n} = spatial.receive "a{n}" : f32' for n in range(len(parts))]
        for number, part in enumerate(parts):
            self._link(f"{part}::@out", f"{name}::@a{number}")
        level = [f"%a{n}" for n in range(len(parts))]
        while len(level) > 1:
            sums: list[str] = []
            for left, right in zip(level[::2], level[1::2], strict=True):
                sums.append(f"%s{len(body)}")
                body.append(f"{sums[-1]} = arith.addf {left}, {right} : f32")
            level = sums
        body.append(f'spatial.send "out" {level[0]} : f32')
        self._pcu(name, body, self.layer.tokens)

    def _pcu(self, name: str, body: list[str], tokens: int) -> None:
        text = "\n".join(body)
        self.inside.append(f"spatial.pcu @{name} counters (%j = 0 to {tokens}) {{\n{text}\n}}")

    def _memory(self, name: str, tokens: int) -> None:
        self.inside.append(f"""
        spatial.pmu @{name} holds tensor<{tokens}xf32> banked (16, 1) init zero {{
          spatial.read @out port 0 counters (%j = 0 to {tokens}) address [%j] : f32
        }}""")

    def _table(self, name: str, source: str, tokens: int) -> str:
        self.inside.append(f"""
        spatial.pmu @{name} holds tensor<1024xf32> banked (16, 1) duplicated
            init table tanh from -8.0 to 8.0 {{
          spatial.gather @value index "index" port 0 counters (%j = 0 to {tokens}) address [] : f32
        }}""")
        self._link(source, f"{name}::@index")
        return f"{name}::@value"

    def _row(self, row: int) -> None:
        layer = self.layer
        turns = layer.copies // layer.rows
        tokens = turns * layer.tokens
        index = [
            "%scale = arith.constant 64.0 : f32",
            "%half = arith.constant 512.0 : f32",
            "%scaled = arith.mulf %d, %scale : f32",
            "%moved = arith.addf %scaled, %half : f32",
            "%index = pattern.convert %moved toward_zero clamp 0, 1023 : f32 to i32",
            'spatial.send "out" %index : i32',
        ]
        gates: list[str] = []
        for gate in range(layer.gates):
            name = f"gate.{row}.{gate}"
            self._memory(f"b.{row}.{gate}", tokens)
            self._link(f"b.{row}.{gate}::@out", f"{name}::@b")
            body = ['%s = spatial.receive "s" : f32', '%b = spatial.receive "b" : f32']
            self._pcu(name, [*body, "%d = arith.addf %s, %b : f32", *index], tokens)
            for turn in range(turns):
                low = turn * layer.tokens
                self._link(
                    self.sums[gate, row * turns + turn],
                    f"{name}::@s",
                    "scalar",
                    f" window ({low}, {low + layer.tokens})" if turns > 1 else "",
                )
            gates.append(self._table(f"lut.{row}.{gate}", f"{name}::@out", tokens))
        self.inside.append(f"""
        spatial.pmu @c.{row} holds tensor<2x{tokens}xf32> banked (16, 1) init zero {{
          spatial.read @out port 0 counters (%j = 0 to {tokens}) address [%t mod 2, %j] : f32
          spatial.write @in ports ["in"] port 0 counters (%j = 0 to {tokens})
              address [(%t + 1) mod 2, %j] : f32
        }}""")
        body = [f'%{n} = spatial.receive "{n}" : f32' for n in ("c", "i", "f", "g")]
        self._pcu(
            f"cell.{row}",
            [
                *body,
                "%a = arith.mulf %c, %f : f32",
                "%h = arith.mulf %i, %g : f32",
                "%d = arith.addf %a, %h : f32",
                'spatial.send "next" %d : f32',
                *index,
            ],
            tokens,
        )
        self._link(f"c.{row}::@out", f"cell.{row}::@c")
        self._link(f"cell.{row}::@next", f"c.{row}::@in")
        for port, gate in zip(("i", "f", "g"), (0, 1, 2), strict=True):
            self._link(gates[gate], f"cell.{row}::@{port}")
        value = self._table(f"lut.{row}.c", f"cell.{row}::@out", tokens)
        self._pcu(
            f"out.{row}",
            [
                '%a = spatial.receive "a" : f32',
                '%o = spatial.receive "o" : f32',
                "%h = arith.mulf %a, %o : f32",
                "%q = pattern.convert %h : f32 to f8E4M3FN",
                'spatial.send "h" %q : f8E4M3FN',
            ],
            tokens,
        )
        self._link(value, f"out.{row}::@a")
        self._link(gates[-1], f"out.{row}::@o")
        self.inside.append(
            f"spatial.ag @y.{row} stores @y counters (%j = 0 to {tokens}) "
            f"address [%t, {tokens * row} + %j] : f8E4M3FN"
        )
        self._link(f"out.{row}::@h", f"y.{row}::@data")

    def _states(self) -> None:
        layer = self.layer
        tokens = layer.tokens * layer.copies // layer.rows
        names = (
            [
                f"xh.dot.{g}.{c}.{p}"
                for g in range(layer.gates)
                for c in range(layer.copies)
                for p in range(layer.pieces)
            ]
            if layer.private
            else [f"xh.{number}" for number in range(layer.states)]
        )
        ports = ", ".join(f'"q{row}"' for row in range(layer.rows))
        for name in names:
            self.inside.append(f"""
            spatial.pmu @{name} holds tensor<2x2048xf8E4M3FN> banked (16, 1) init zero {{
              spatial.write @in ports [{ports}] port 0 counters (%j = 0 to {tokens})
                  address [(%t + 1) mod 2, {layer.rows} * %j] signals ["done"] : f8E4M3FN
              spatial.read @out port 0 counters (%j = 0 to {layer.tokens}, %k = 0 to 2)
                  address [%t mod 2, 64 * %k] waits ["start"] : {VECTOR}
            }}""")
            self._link(f"{name}::@done", f"{name}::@start", "token", " init 1")
            for row in range(layer.rows):
                self._link(f"out.{row}::@h", f"{name}::@q{row}")
