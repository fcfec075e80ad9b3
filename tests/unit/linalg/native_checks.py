"""Programs in native code, and beside it their values by the evaluator of the pattern dialect."""

from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any

import numpy as np
from native_worker import in_generic_form, run_native, verify_upstream
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.runtime.formats import Array
from spatial_opt.runtime.pattern_evaluator import evaluate

NO_ARRAYS: Mapping[str, Array] = {}


class Native:
    """Runs programs in another process, so that a fault of native code fails one test only."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None

    def _call(self, work: Callable[..., Any], *arguments: Any) -> Any:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(1, get_context("spawn"))
        try:
            return self._pool.submit(work, *arguments).result(timeout=120)
        except BrokenProcessPool:
            self._pool = None
            raise AssertionError("native code took its process down") from None

    def run(
        self,
        module: ModuleOp,
        inputs: Mapping[str, Array],
        parameters: Mapping[str, Array] = NO_ARRAYS,
        exact: bool = False,
        bits: bool = False,
    ) -> dict[str, Array]:
        """Compile and run a program."""
        text = str(module)
        return self._call(run_native, text, dict(inputs), dict(parameters), exact, bits)

    def fault(self, module: ModuleOp) -> str:
        """Return what MLIR says against a module, in the syntax that we print."""
        return self._call(verify_upstream, str(module))

    def generic(self, text: str) -> str:
        """Return a module of upstream dialects as MLIR prints it in generic form."""
        return self._call(in_generic_form, text)

    def close(self) -> None:
        """End the process."""
        if self._pool is not None:
            self._pool.shutdown()


@dataclass
class Checker:
    """Compares native code with the evaluator."""

    native: Native
    inputs: dict[str, Array] = field(default_factory=dict[str, Array])

    def bit_for_bit(self, module: ModuleOp, inputs: Mapping[str, Array], **more: Any) -> None:
        """Check that sums in the defined order give the same bits."""
        want, got = self._both(module, inputs, exact=True, **more)
        for name, array in want.items():
            assert got[name].dtype == array.dtype
            np.testing.assert_array_equal(got[name], array)
            if array.dtype.kind == "f":
                known = ~np.isnan(array)
                np.testing.assert_array_equal(
                    np.signbit(got[name])[known], np.signbit(array)[known]
                )

    def nearly(
        self, module: ModuleOp, inputs: Mapping[str, Array], tolerance: float = 1e-6, **more: Any
    ) -> None:
        """Check that sums in any order give the same integers, and floats but for last bits."""
        want, got = self._both(module, inputs, exact=False, **more)
        for name, array in want.items():
            if array.dtype.kind != "f":
                np.testing.assert_array_equal(got[name], array)
                continue
            largest = np.abs(array[np.isfinite(array)]).max(initial=0.0)
            np.testing.assert_allclose(got[name], array, rtol=0, atol=tolerance * largest)

    def _both(
        self,
        module: ModuleOp,
        inputs: Mapping[str, Array],
        parameters: Mapping[str, Array] = NO_ARRAYS,
        **options: bool,
    ) -> tuple[dict[str, Array], dict[str, Array]]:
        with np.errstate(all="ignore"):
            want = evaluate(module, inputs, parameters)
        return want, self.native.run(module, inputs, parameters, **options)
