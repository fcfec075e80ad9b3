"""Programs of several kernels that need each other's results, dealt in any way."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Program:
    """A program in the pattern dialect, and numbers for it."""

    text: str
    inputs: Arrays
    parameters: Arrays


def chain(seed: int) -> Program:
    """Element-wise kernels that read slices, strides, reversals and repetitions of each other."""
    random = Random(seed)
    length = random.choice([4, 7, 16, 24, 37])
    sizes, names, lines = {"x": length}, ["x"], list[str]()
    for number in range(random.randint(2, 4)):
        source = random.choice(names[-2:])
        size = sizes[source]
        offset = random.randrange(size)
        rows, element, vectors = random.choice(
            [
                (size, "%j", True),
                (size - offset, f"%j + {offset}", True),
                ((size + 1) // 2, "2 * %j", False),
                (size, f"{size - 1} - %j", False),
                (2 * size, "%j floordiv 2", False),
            ]
        )
        par = f"par {min(rows, random.randint(1, 4))}"
        lanes = " x 16" if vectors and random.random() < 0.25 else ""
        name = f"v{number}"
        lines.append(
            f"%{name} = pattern.map (%j in {rows} {par}{lanes}){_deal(random)}"
            f" -> tensor<{rows}xf32> {{\n"
            f" %a = pattern.read %{source}[{element}] : tensor<{size}xf32>\n"
            f" %b = arith.addf %a, %a : f32\n pattern.yield %b : f32 }}"
        )
        names.append(name)
        sizes[name] = rows
    last = names[-1]
    text = (
        f'func.func @main(%x : tensor<{length}xf32> {{pattern.name = "x"}})\n'
        f" -> tensor<{sizes[last]}xf32> {{\n"
        + "\n".join(lines)
        + f"\nfunc.return %{last} : tensor<{sizes[last]}xf32> }}"
    )
    return Program(text, {"x": np.arange(length, dtype=np.float32)}, {})


def loop(seed: int) -> Program:
    """
    A loop that carries a state and stacks another value, both read shifted, before and behind it.

    It may start with what a kernel made, have a product with shifts of a value made in each step,
    and be followed by another loop.
    """
    random = Random(seed)
    n, steps = random.choice([4, 5, 9, 12]), random.choice([1, 2, 5])
    vector, stack = f"tensor<{n}xf32>", f"tensor<{steps}x{n}xf32>"

    def read(source: str) -> str:
        places = ["%j", "%j + 1", "%j - 2", f"{n - 1} - %j", "2 * %j", "%j floordiv 2"]
        return f"pattern.read %{source}[{random.choice(places)}] zero_outside : {vector}"

    def spread(turns: bool = False) -> str:
        units = min(n, random.randint(1, 4))
        each = min(random.randint(1, 2), n // units) if turns else 1
        return f"(%j in {n} par {units * each})" + f" rows {units}" * turns + _deal(random)

    start = f"arith.constant dense<0.0> : {vector}"
    if random.random() < 0.5:
        start = f"""pattern.map {spread()} -> {vector} {{
   %a = pattern.read %x[0, %j] : {stack}
   %b = arith.addf %a, %a : f32
   pattern.yield %b : f32 }}"""
    operand = random.choice(["%k", "%j - %k", "%j floordiv 2"])
    second, last = "", "hT"
    if random.random() < 0.4:
        last = "gT"
        second = f"""
 %gT = pattern.scan (%t in {steps}) carry (%g = %hT : {vector}) -> ({vector}) {{
   %gn = pattern.map {spread()} -> {vector} {{
     %a = {read("g")}
     %b = arith.addf %a, %a : f32
     pattern.yield %b : f32 }}
   pattern.next %gn : {vector}
 }}"""
    text = f"""func.func @main(%x : {stack} {{pattern.name = "x"}})
    -> ({stack} {{pattern.name = "ys"}}, {vector} {{pattern.name = "f"}}) {{
 %W = pattern.parameter "W" : tensor<{n}x{n}xf32>
 %h0 = {start}
 %hT, %ys = pattern.scan (%t in {steps}) carry (%h = %h0 : {vector}) -> ({vector}, {stack}) {{
   %u = pattern.map {spread()} -> {vector} {{
     %a = {read("h")}
     %b = pattern.read %x[%t, %j] : {stack}
     %c = arith.addf %a, %b : f32
     pattern.yield %c : f32 }}
   %hn = pattern.map {spread(turns=True)} -> {vector} {{
     %s = pattern.reduce add (%k in {n} par {random.choice([1, 2])}) : f32 {{
       %w = pattern.read %W[%j, %k] : tensor<{n}x{n}xf32>
       %v = pattern.read %u[{operand}] zero_outside : {vector}
       %p = arith.mulf %w, %v : f32
       pattern.yield %p : f32 }}
     %z = {read("h")}
     %c = arith.addf %s, %z : f32
     pattern.yield %c : f32 }}
   pattern.next %hn emit %u : {vector}, {vector}
 }}{second}
 %f = pattern.map {spread()} -> {vector} {{
   %a = {read(last)}
   %b = pattern.read %ys[{steps - 1}, {n - 1} - %j] : {stack}
   %c = arith.addf %a, %b : f32
   pattern.yield %c : f32 }}
 func.return %ys, %f : {stack}, {vector} }}"""
    numbers = np.random.default_rng(seed)
    x, w = (numbers.integers(-3, 4, size).astype(np.float32) for size in ((steps, n), (n, n)))
    return Program(text, {"x": x}, {"W": w})


def two_layers(hidden: int, steps: int, factors: list[str]) -> Program:
    """
    Two LSTM-like layers of one gate vector each, then a transpose of all outputs, then scores.

    `factors` are those of the six kernels, as the text has them: `par 4` or `par 8) rows 4`.
    """
    h, gates, inputs = hidden, 4 * hidden, 3
    state, pre = f"tensor<{h}xf32>", f"tensor<{gates}xf32>"
    stack, turned = f"tensor<{steps}x{h}xf32>", f"tensor<{h}x{steps}xf32>"

    def domain(number: int, *dims: str) -> str:
        par, _, rest = factors[number].partition(")")
        return f"({', '.join(dims)} {par}){rest}"

    def layer(n: int, size: int, source: str, type: str) -> str:
        return f"""
   %p{n} = pattern.map {domain(2 * n, f"%g in {gates}")} -> {pre} {{
     %s = pattern.reduce add (%k in {size}) : f32 {{
       %w = pattern.read %W{n}[%g, %k] : tensor<{gates}x{size}xf32>
       %v = pattern.read {source} : {type}
       %m = arith.mulf %w, %v : f32
       pattern.yield %m : f32 }}
     %r = pattern.reduce add (%k in {h}) : f32 {{
       %w = pattern.read %R{n}[%g, %k] : tensor<{gates}x{h}xf32>
       %v = pattern.read %h{n}[%k] : {state}
       %m = arith.mulf %w, %v : f32
       pattern.yield %m : f32 }}
     %t0 = arith.addf %s, %r : f32
     pattern.yield %t0 : f32 }}
   %h{n}n, %c{n}n = pattern.map {domain(2 * n + 1, f"%i in {h}")} -> ({state}, {state}) {{
     %a = pattern.read %p{n}[%i] : {pre}
     %b = pattern.read %p{n}[{h} + %i] : {pre}
     %c = pattern.read %p{n}[{2 * h} + %i] : {pre}
     %d = pattern.read %p{n}[{3 * h} + %i] : {pre}
     %o = pattern.read %c{n}[%i] : {state}
     %m = arith.mulf %a, %o : f32
     %q = arith.mulf %b, %c : f32
     %new = arith.addf %m, %q : f32
     %out = arith.maximumf %d, %new : f32
     pattern.yield %out, %new : f32, f32 }}"""

    carry = ", ".join(f"%{name} = %z : {state}" for name in ("h0", "c0", "h1", "c1"))
    states = ", ".join([state] * 4)
    text = f"""func.func @main(%x : tensor<{steps}x{inputs}xf32> {{pattern.name = "x"}})
    -> tensor<{steps}xf32> {{
 %W0 = pattern.parameter "W0" : tensor<{gates}x{inputs}xf32>
 %R0 = pattern.parameter "R0" : tensor<{gates}x{h}xf32>
 %W1 = pattern.parameter "W1" : tensor<{gates}x{h}xf32>
 %R1 = pattern.parameter "R1" : tensor<{gates}x{h}xf32>
 %u = pattern.parameter "u" : {state}
 %z = arith.constant dense<0.0> : {state}
 %A, %B, %C, %D, %y = pattern.scan (%t in {steps}) carry ({carry}) -> ({states}, {stack}) {{
   {layer(0, inputs, "%x[%t, %k]", f"tensor<{steps}x{inputs}xf32>")}
   {layer(1, h, "%h0n[%k]", state)}
   pattern.next %h0n, %c0n, %h1n, %c1n emit %h1n : {states}, {state}
 }}
 %yt = pattern.map {domain(4, f"%i in {h}", f"%j in {steps}")} -> {turned} {{
   %v = pattern.read %y[%j, %i] : {stack}
   pattern.yield %v : f32 }}
 %s = pattern.map {domain(5, f"%j in {steps}")} -> tensor<{steps}xf32> {{
   %r = pattern.reduce add (%k in {h} par 2) : f32 {{
     %w = pattern.read %yt[%k, %j] : {turned}
     %v = pattern.read %u[%k] : {state}
     %m = arith.mulf %w, %v : f32
     pattern.yield %m : f32 }}
   %d = arith.addf %r, %r : f32
   pattern.yield %d : f32 }}
 func.return %s : tensor<{steps}xf32> }}"""
    numbers = np.random.default_rng(hidden)
    sizes = {
        "W0": (gates, inputs),
        "R0": (gates, h),
        "W1": (gates, h),
        "R1": (gates, h),
        "u": (h,),
    }
    parameters = {n: numbers.uniform(-1, 1, s).astype(np.float32) for n, s in sizes.items()}
    x = numbers.uniform(-1, 1, (steps, inputs)).astype(np.float32)
    return Program(text, {"x": x}, parameters)


def _deal(random: Random) -> str:
    return random.choice(["", " deal blocked"])
