"""The pass `mlir`: a pipeline of MLIR's own passes within one of ours."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass
from xdsl.utils.exceptions import ParseError

from spatial_opt.interop.differences import first_difference
from spatial_opt.interop.findings import place_of, refused
from spatial_opt.interop.generic_text import GenericText
from spatial_opt.interop.names import keep_names
from spatial_opt.interop.pipelines import (
    ModuleError,
    Outcome,
    PipelineError,
    Request,
    run_here,
    run_isolated,
)
from spatial_opt.interop.session import Diagnostic, RefusalError, Session
from spatial_opt.interop.verification import write_for_mlir
from spatial_opt.machine.errors import SpatialError


@dataclass(frozen=True)
class MlirPass(ModulePass):
    """
    Run a pipeline of MLIR's passes on the module.

    MLIR knows our operations by their definitions: which are pure, which end a block, what types
    they take. Its passes work on what is theirs (`arith`, `math`, `func`, `affine`, ...) and leave
    ours in place, or merge and remove them where they are pure.

    ```mlir
    // before
    func.func @main(%x: f32) -> f32 {
      %one = arith.constant 1.0 : f32
      %two = arith.addf %one, %one : f32
      %y = arith.mulf %x, %two : f32
      %same = arith.mulf %x, %two : f32
      %z = arith.addf %y, %same : f32
      func.return %z : f32
    }
    // after, pipeline="builtin.module(canonicalize,cse)"
    func.func @main(%x: f32) -> f32 {
      %two = arith.constant 2.000000e+00 : f32
      %y = arith.mulf %x, %two : f32
      %z = arith.addf %y, %y : f32
      func.return %z : f32
    }
    ```

    Requires: MLIR's Python bindings. Leaves: the names and locations of what is still there, and
    the module as it is if no pass changes it. Fails: a pipeline that can't be read or does not
    end, with `isolate` also one that crashes; a module that MLIR refuses; a result with operations
    that xDSL does not know.
    """

    name = "mlir"

    pipeline: str
    """What `mlir-opt --pass-pipeline` takes, such as `builtin.module(canonicalize,cse)`."""
    isolate: bool = False
    """Run it in a process of its own (0.5 s), so that a crash of MLIR is an error like others."""

    def __post_init__(self) -> None:
        if not self.pipeline.strip():
            raise SpatialError("pipeline is empty; give one such as builtin.module(canonicalize)")

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Send the module to MLIR and take it back; raises SpatialError."""
        text, session = write_for_mlir(op, "the pass mlir")
        outcome = self._run(text, session)
        try:
            module = session.read(outcome.text)
        except ParseError as error:
            raise SpatialError(
                f"xDSL can't read what {self.pipeline} leaves: {error.msg}; end the pipeline before"
            ) from error
        if first_difference(op, module) is None:
            return
        keep_names(text, outcome.places, module)
        op.attributes, op.properties = module.attributes, module.properties
        body = module.detach_region(module.body)
        op.detach_region(op.body)
        op.add_region(body)

    def _run(self, text: GenericText, session: Session) -> Outcome:
        request = Request(text.text, self.pipeline, session.slots, session.allow_unregistered)
        try:
            return run_isolated(request) if self.isolate else run_here(request, "the pass mlir")
        except PipelineError as error:
            raise SpatialError(f"pipeline {self.pipeline}: {error}; correct it") from error
        except ModuleError as error:
            raise SpatialError(self._failure(text, error.diagnostic)) from error
        except RefusalError as error:
            first = error.diagnostics[0]
            where = None if first.line is None else text.operation_at(first.line)
            raise SpatialError(refused(where, first).sentence()) from error

    def _failure(self, text: GenericText, diagnostic: Diagnostic) -> str:
        op = None if diagnostic.line is None else text.operation_at(diagnostic.line)
        where = "" if op is None else f" at {place_of(op)}"
        return (
            f"pipeline {self.pipeline} fails{where}: {diagnostic.message}; "
            "correct the module or the pipeline"
        )
