"""The pass driver `spatial-opt`, used like `mlir-opt` and `xdsl-opt`."""

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from io import BytesIO, StringIO
from pathlib import Path
from time import perf_counter
from typing import IO

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Attribute
from xdsl.passes import ModulePass, PassPipeline
from xdsl.printer import Printer
from xdsl.utils.arg_spec import parse_pipeline
from xdsl.utils.diagnostic import Diagnostic
from xdsl.xdsl_opt_main import xDSLOptMain

from spatial_opt.dialects.sequence import apply_to_parts, parts_of
from spatial_opt.interop.parsing import verify_module
from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.pipelines import PIPELINES, describe_pipelines, expand_pipelines
from spatial_opt.passes.polyhedral.library import require_isl
from spatial_opt.passes.remarks import collect_remarks
from spatial_opt.tools.dominance import check_dominance
from spatial_opt.tools.entry import input_bytes, run_tool, version_text, write_output
from spatial_opt.tools.mlir_options import (
    add_mlir_options,
    mlir_check,
    mlir_input,
    mlir_output,
)
from spatial_opt.tools.output_files import OutputFiles, check_dump_folder, check_output
from spatial_opt.tools.pass_list import quote_words
from spatial_opt.tools.pass_options import build_pass
from spatial_opt.tools.strings import check_strings
from spatial_opt.tools.universe import SPATIAL_UNIVERSE

TOOL = "spatial-opt"

_EXAMPLES = """\
examples:
  spatial-opt net.mlir                                  check and print
  spatial-opt net.mlir -p 'unfused{target=tiny}'        a named pipeline
  spatial-opt net.mlir -p set-target{name=tiny},convert-rnn-to-pattern
  spatial-opt net.mlir -p unfused --dump-ir steps/ -o net.spatial.mlir
  spatial-opt net.mlir -p unfused,canonicalize --time-passes --verify-each
  spatial-opt net.mlir -p convert-rnn-to-pattern,pattern-fuse --remarks
  spatial-opt net.mlir -p convert-rnn-to-pattern --print-accesses
  spatial-opt net.mlir -p fused --verify-with-mlir      each step by MLIR as well
  spatial-opt net.mlir -p 'mlir{pipeline="builtin.module(cse)"}'
  spatial-opt --emit-irdl pattern
  spatial-opt --help-pipelines

All passes of xDSL can be used as well. Errors are one sentence on stderr and exit code 1;
nothing is written to the output then.
"""


class _HeldOutput(StringIO):
    """Keep the output until the whole run has succeeded, whoever closes it before."""

    def close(self) -> None:
        """Do nothing, so that the text stays readable."""


@dataclass
class Progress:
    """How far a run has come, for error messages."""

    stage: str = ""
    """The pass or file at work; empty where a message says it itself."""


class SpatialOptMain(xDSLOptMain):
    """The driver with our dialects, passes and named pipelines."""

    version_format = version_text(TOOL)

    def __init__(self, progress: Progress, args: Sequence[str]):
        self._progress = progress
        self._held = _HeldOutput()
        self._chunk = 0
        super().__init__(description="Compile recurrent networks for spatial machines.", args=args)

    def register_all_dialects(self) -> None:
        """Add our dialects where the installed entry point has not done so."""
        super().register_all_dialects()
        for name, factory in SPATIAL_UNIVERSE.all_dialects.items():
            if name not in self.ctx.registered_dialect_names:
                self.ctx.register_dialect(name, factory)

    def register_all_passes(self) -> None:
        """Add our passes where the installed entry point has not done so."""
        super().register_all_passes()
        self.available_passes |= SPATIAL_UNIVERSE.all_passes

    def register_all_arguments(self, arg_parser: ArgumentParser) -> None:
        """Add our options to those of xDSL."""
        arg_parser.prog = TOOL
        arg_parser.formatter_class = RawDescriptionHelpFormatter
        arg_parser.epilog = _EXAMPLES
        # The help of -p lists what is available: of some 140 passes, show ours.
        everything = self.available_passes
        self.available_passes = dict(SPATIAL_UNIVERSE.all_passes)
        super().register_all_arguments(arg_parser)
        self.available_passes = everything
        arg_parser.add_argument(
            "--dump-ir",
            metavar="DIR",
            help="write the IR before the first and after each pass to numbered files in DIR",
        )
        arg_parser.add_argument(
            "--verify-each",
            action="store_true",
            help="also check, before the first and after each pass, that uses follow definitions",
        )
        arg_parser.add_argument(
            "--remarks",
            action="store_true",
            help="print on stderr what passes did and what they refused, and why, one per line",
        )
        arg_parser.add_argument(
            "--print-accesses",
            action="store_true",
            help="print the accesses to tensors, one per line, in place of the module",
        )
        add_mlir_options(arg_parser)
        arg_parser.add_argument(
            "--help-pipelines", action="store_true", help="list the named pipelines and exit"
        )
        arg_parser.add_argument(
            "--traceback", action="store_true", help="print a Python traceback after an error"
        )

    def setup_pipeline(self) -> None:
        """Build the passes of `-p`, in which named pipelines may stand for several."""
        specs = expand_pipelines(tuple(parse_pipeline(quote_words(self.args.passes))))
        passes: list[ModulePass] = []
        for spec in specs:
            if spec.name not in self.available_passes:
                known = [*PIPELINES, *self.available_passes]
                close = get_close_matches(spec.name, known, 1)
                hint = f"did you mean '{close[0]}'?" if close else "see --help"
                raise SpatialError(f"unknown pass or pipeline '{spec.name}', {hint}")
            self._progress.stage = spec.name
            passes.append(build_pass(self.available_passes[spec.name](), spec))
        self._progress.stage = ""
        self.pipeline = PassPipeline(tuple(passes))

    def parse_chunk(
        self, chunk: IO[bytes], file_extension: str, start_offset: int = 0
    ) -> ModuleOp | None:
        """Parse one part of the input; a message about its bytes names the file."""
        self._progress.stage = self.get_input_name()
        content = chunk.read()
        text = content.decode()
        check_strings(text, self.get_input_name())
        is_text = file_extension == "mlir"
        module = mlir_input(self.args, self.ctx, text, self.get_input_name(), is_text, start_offset)
        if module is None:
            module = super().parse_chunk(BytesIO(content), file_extension, start_offset)
        self._progress.stage = ""
        return module

    def apply_passes(self, prog: ModuleOp) -> None:
        """Run the passes one by one, checking and showing the module as asked."""
        self._progress.stage = self.args.input_file or ""
        self._check(prog)
        self._progress.stage = ""
        self._dump(prog, "input", 0)
        for index, step in enumerate(self.pipeline.passes, 1):
            self._progress.stage = step.name
            start = perf_counter()
            self._apply(step, prog)
            if self.args.time_passes:
                print(f"{step.name}: {perf_counter() - start:.3f} s", file=sys.stderr)
            # Before the check, so that a module which fails it can be looked at.
            self._dump(prog, step.name, index)
            self._progress.stage = f"after {step.name}"
            self._check(prog)
            if self.args.print_between_passes and index < len(self.pipeline.passes):
                print(f"// IR after {step.name}", file=sys.stderr)
                Printer(stream=sys.stderr).print_op(prog)
                print(file=sys.stderr)
        self._progress.stage = ""
        self._chunk += 1

    def _apply(self, step: ModulePass, module: ModuleOp) -> None:
        """Run a pass and print its remarks, also those before an error."""
        if not self.args.remarks:
            apply_to_parts(step, self.ctx, module)
            return
        with collect_remarks() as remarks:
            try:
                apply_to_parts(step, self.ctx, module)
            finally:
                for remark in remarks:
                    print(remark, file=sys.stderr)

    def output_resulting_program(self, prog: ModuleOp) -> str:
        """Give what is printed: the module in one form or another, or its accesses."""
        if not self.args.print_accesses:
            return mlir_output(self.args, prog) or super().output_resulting_program(prog)
        require_isl("--print-accesses")
        from spatial_opt.passes.polyhedral.text import access_lines

        lines = [line for part in parts_of(prog) for line in access_lines(part)]
        return "".join(f"{line}\n" for line in lines)

    def get_input_stream(self) -> tuple[IO[bytes], str]:
        """Open the file or take standard input, if it is open."""
        if self.args.input_file is None:
            return input_bytes(), "mlir"
        stream, suffix = super().get_input_stream()
        if self.args.frontend is None and suffix not in self.available_frontends:
            stream.close()
            raise SpatialError(
                f"{self.args.input_file} is no .mlir file; rename it, or give -f mlir if it is IR"
            )
        return stream, suffix

    def run(self) -> None:
        """Refuse paths that can't be written, then do what the command line asks for."""
        if self.args.output_file is not None:
            check_output(Path(self.args.output_file))
        if self.args.dump_ir is not None:
            check_dump_folder(Path(self.args.dump_ir))
        if self.args.emit_irdl is not None and self.args.input_file is None:
            self._held.write(mlir_output(self.args, None) or "")
            return
        super().run()

    def prepare_output(self) -> IO[str]:
        """Collect the output instead of writing it at once."""
        return self._held

    def finish(self) -> None:
        """Write the collected output."""
        text = self._held.getvalue()
        if self.args.output_file is None:
            write_output(text)
            return
        with OutputFiles() as files:
            temporary = files.temporary(Path(self.args.output_file))
            temporary.write_text(text, encoding="utf-8")
            files.commit()

    def _check(self, module: ModuleOp) -> None:
        if not self.args.disable_verify:
            verify_module(module)
        if self.args.verify_each:
            check_dominance(module)
        mlir_check(self.args, module)

    def _dump(self, module: ModuleOp, name: str, index: int) -> None:
        if self.args.dump_ir is None:
            return
        folder = Path(self.args.dump_ir)
        if self.args.split_input_file:
            folder /= f"part-{self._chunk}"
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f"{index:03}-{name}.mlir").open("w", encoding="utf-8") as file:
            Printer(stream=file).print_op(module)
            file.write("\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run `spatial-opt` and return its exit code: 0, 1 for an error, 2 for wrong usage."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    # Both are patched for the rest of the process by --disable-verify and --syntax-highlight.
    verify, colored = Attribute.__post_init__, Diagnostic.colored
    progress = Progress()

    def work() -> None:
        if "--help-pipelines" in arguments:
            write_output(describe_pipelines())
            return
        tool = SpatialOptMain(progress, arguments)
        tool.run()
        tool.finish()

    try:
        return run_tool(TOOL, lambda: progress.stage, "--traceback" in arguments, work)
    finally:
        Attribute.__post_init__, Diagnostic.colored = verify, colored


if __name__ == "__main__":
    sys.exit(main())
