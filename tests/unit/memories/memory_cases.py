"""Programs with states, slices and stores, compiled with declared depths and run on the machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from xdsl.dialects.builtin import IntegerAttr, ModuleOp, i64
from xdsl.parser import Parser

from spatial_opt.dialects import pattern
from spatial_opt.runtime.report import time_configuration
from spatial_opt.tools.compilation import Compilation, compile_module, make_context, steps_for

ASSIGN = "pattern-assign-memories"


def parse(text: str) -> ModuleOp:
    """Parse and verify a program."""
    module = Parser(make_context(), text).parse_module()
    module.verify()
    return module


def assigned(text: str, **options: Any) -> ModuleOp:
    """Compile a program, map by map, until its memories are declared."""
    module = parse(text)
    steps = steps_for(module, "unfused", {name: (value,) for name, value in options.items()})
    last = [step.name for step in steps].index(ASSIGN)
    compile_module(make_context(), module, steps[: last + 1], Compilation())
    return module


def finished(
    module: ModuleOp,
    edit: Callable[[ModuleOp], None] = lambda module: None,
    **options: Any,
) -> ModuleOp:
    """Compile a copy of a program with declared memories to the end, edited before."""
    changed = module.clone()
    edit(changed)
    changed.verify()
    steps = steps_for(changed, "unfused", {name: (value,) for name, value in options.items()})
    last = [step.name for step in steps].index(ASSIGN)
    compile_module(make_context(), changed, steps[last + 1 :], Compilation())
    return changed


def declared(module: ModuleOp) -> list[pattern.MemoryOp]:
    """List the declarations of a program."""
    return [op for op in module.walk() if isinstance(op, pattern.MemoryOp)]


def memory_of(module: ModuleOp, name: str, in_loop: bool = True) -> pattern.MemoryOp:
    """Find the declaration of the on-chip memory of a value, by its name."""
    (found,) = [
        op
        for op in declared(module)
        if op.value.name_hint == name
        and op.kind.data == "sram"
        and (op.scan is not None) == in_loop
    ]
    return found


def depths(module: ModuleOp) -> dict[str, int]:
    """Give the depth of every memory in a loop, by the name of its value."""
    return {
        op.value.name_hint or "": op.buffers
        for op in declared(module)
        if op.kind.data == "sram" and op.scan is not None
    }


def deepened(wanted: Mapping[str, int]) -> Callable[[ModuleOp], None]:
    """Give an edit that sets depths by hand."""

    def edit(module: ModuleOp) -> None:
        for name, depth in wanted.items():
            memory_of(module, name).depth = IntegerAttr(depth, i64)

    return edit


def cycles(module: ModuleOp) -> int:
    """Count the cycles of a configuration."""
    return time_configuration(module).result.cycles


def elementwise(
    hidden: int, steps: int, *, stored: bool = True, slices: bool = True, more: str = ""
) -> str:
    """h' = h * 0.5 + x[t], element by element: the step is as short as its loads and stores."""
    x = f"""%v = pattern.read %x[%t, %i] : tensor<{steps}x{hidden}xf32>
        %d = arith.addf %m, %v : f32"""
    none = "%d = arith.addf %m, %half : f32"
    emits = f" emit %n : tensor<{hidden}xf32>, tensor<{hidden}xf32>"
    results = f"(tensor<{hidden}xf32>, tensor<{steps}x{hidden}xf32>)"
    last = f"tensor<{hidden}xf32>"
    return f"""
    func.func @main(%x: tensor<{steps}x{hidden}xf32>)
        -> {results if stored else last} {{
      %h0 = arith.constant dense<0.0> : {last}
      %last{", %y" if stored else ""} = pattern.scan (%t in {steps}) carry (%h = %h0 : {last})
          -> {results if stored else last} {{
        %n = pattern.map (%i in {hidden}) -> {last} {{
          %a = pattern.read %h[%i] : {last}
          %half = arith.constant 0.5 : f32
          %m = arith.mulf %a, %half : f32
          {x if slices else none}
          {more}
          pattern.yield %d : f32
        }}
        pattern.next %n{emits if stored else f" : {last}"}
      }}
      func.return %last{f", %y : {results[1:-1]}" if stored else f" : {last}"}
    }}"""


def recurrent(hidden: int, inputs: int, steps: int, *, reverse: bool = False) -> str:
    """h' = W x[t] + R h, as one map with two reductions, and every h stored."""
    h, d, t = hidden, inputs, steps
    return f"""
    func.func @main(%x: tensor<{t}x{d}xf32>) -> tensor<{t}x{h}xf32> {{
      %w = pattern.parameter "w" : tensor<{h}x{d}xf32>
      %r = pattern.parameter "r" : tensor<{h}x{h}xf32>
      %h0 = arith.constant dense<0.0> : tensor<{h}xf32>
      %last, %y = pattern.scan{" reverse" if reverse else ""} (%t in {t})
          carry (%h = %h0 : tensor<{h}xf32>) -> (tensor<{h}xf32>, tensor<{t}x{h}xf32>) {{
        %n = pattern.map (%i in {h}) -> tensor<{h}xf32> {{
          %s = pattern.reduce add (%k in {d}) : f32 {{
            %a = pattern.read %w[%i, %k] : tensor<{h}x{d}xf32>
            %b = pattern.read %x[%t, %k] : tensor<{t}x{d}xf32>
            %p = arith.mulf %a, %b : f32
            pattern.yield %p : f32
          }}
          %u = pattern.reduce add (%k in {h}) : f32 {{
            %a = pattern.read %r[%i, %k] : tensor<{h}x{h}xf32>
            %b = pattern.read %h[%k] : tensor<{h}xf32>
            %p = arith.mulf %a, %b : f32
            pattern.yield %p : f32
          }}
          %m = arith.addf %s, %u : f32
          pattern.yield %m : f32
        }}
        pattern.next %n emit %n : tensor<{h}xf32>, tensor<{h}xf32>
      }}
      func.return %y : tensor<{t}x{h}xf32>
    }}"""


def two_maps(hidden: int, steps: int, *, late: bool = False) -> str:
    """a = R h, then h' = a + a, or with `late` a + h shifted: h is read before, or also then."""
    h = hidden
    shifted = f"%b = pattern.read %h[%j - 1] zero_outside : tensor<{h}xf32>"
    return f"""
    func.func @main(%x: tensor<{h}xf32>) -> tensor<{h}xf32> {{
      %r = pattern.parameter "r" : tensor<{h}x{h}xf32>
      %last = pattern.scan (%t in {steps}) carry (%h = %x : tensor<{h}xf32>) -> tensor<{h}xf32> {{
        %a = pattern.map (%i in {h}) -> tensor<{h}xf32> {{
          %u = pattern.reduce add (%k in {h}) : f32 {{
            %p = pattern.read %r[%i, %k] : tensor<{h}x{h}xf32>
            %q = pattern.read %h[%k] : tensor<{h}xf32>
            %m = arith.mulf %p, %q : f32
            pattern.yield %m : f32
          }}
          pattern.yield %u : f32
        }}
        %n = pattern.map (%j in {h}) -> tensor<{h}xf32> {{
          %v = pattern.read %a[%j] : tensor<{h}xf32>
          {shifted if late else f"%b = pattern.read %a[%j] : tensor<{h}xf32>"}
          %s = arith.addf %v, %b : f32
          pattern.yield %s : f32
        }}
        pattern.next %n : tensor<{h}xf32>
      }}
      func.return %last : tensor<{h}xf32>
    }}"""


def two_results(hidden: int, steps: int) -> str:
    """h' = h * 0.5 and y = h' + h, which is stored at every step and nowhere else."""
    h, t = f"tensor<{hidden}xf32>", f"tensor<{steps}x{hidden}xf32>"
    return f"""
    func.func @main(%x: {h}) -> {t} {{
      %last, %ys = pattern.scan (%t in {steps}) carry (%h = %x : {h}) -> ({h}, {t}) {{
        %n, %y = pattern.map (%i in {hidden}) -> ({h}, {h}) {{
          %a = pattern.read %h[%i] : {h}
          %half = arith.constant 0.5 : f32
          %m = arith.mulf %a, %half : f32
          %s = arith.addf %m, %a : f32
          pattern.yield %m, %s : f32, f32
        }}
        pattern.next %n emit %y : {h}, {h}
      }}
      func.return %ys : {t}
    }}"""


def loaded_alone(hidden: int, inputs: int, steps: int) -> str:
    """a = W x[t], then h' = a + h: nothing but the slice is read by the map that reads it."""
    h, d, t = hidden, inputs, steps
    return f"""
    func.func @main(%x: tensor<{t}x{d}xf32>) -> tensor<{h}xf32> {{
      %w = pattern.parameter "w" : tensor<{h}x{d}xf32>
      %h0 = arith.constant dense<0.0> : tensor<{h}xf32>
      %last = pattern.scan (%t in {t}) carry (%h = %h0 : tensor<{h}xf32>) -> tensor<{h}xf32> {{
        %a = pattern.map (%i in {h}) -> tensor<{h}xf32> {{
          %u = pattern.reduce add (%k in {d}) : f32 {{
            %p = pattern.read %w[%i, %k] : tensor<{h}x{d}xf32>
            %q = pattern.read %x[%t, %k] : tensor<{t}x{d}xf32>
            %m = arith.mulf %p, %q : f32
            pattern.yield %m : f32
          }}
          pattern.yield %u : f32
        }}
        %n = pattern.map (%j in {h}) -> tensor<{h}xf32> {{
          %v = pattern.read %a[%j] : tensor<{h}xf32>
          %b = pattern.read %h[%j] : tensor<{h}xf32>
          %s = arith.addf %v, %b : f32
          pattern.yield %s : f32
        }}
        pattern.next %n : tensor<{h}xf32>
      }}
      func.return %last : tensor<{h}xf32>
    }}"""
