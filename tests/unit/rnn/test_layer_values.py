"""Layers in f32: our reference against onnxruntime, and the lowered patterns against it."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from xdsl.context import Context
from xdsl.dialects import func
from xdsl.dialects.builtin import (
    ArrayAttr,
    DictionaryAttr,
    ModuleOp,
    StringAttr,
    TensorType,
    f32,
    i32,
)
from xdsl.ir import Block, Region, SSAValue

from spatial_opt.dialects.rnn import FormatAttr, GruOp, LinearOp, LstmOp, RecurrentOp, RnnOp
from spatial_opt.dialects.rnn_syntax import ACTIVATIONS, DEFAULT_ALPHA, DEFAULT_BETA
from spatial_opt.lowering.convert_rnn_to_pattern import ConvertRnnToPatternPass
from spatial_opt.runtime.pattern_evaluator import evaluate
from spatial_opt.runtime.rnn_reference import evaluate_rnn
from spatial_opt.tools.dominance import check_dominance

Arrays = dict[str, npt.NDArray[Any]]
GATES = {"lstm": 4, "gru": 3, "rnn": 1}
FUNCTIONS = {"lstm": 3, "gru": 2, "rnn": 1}
ONNX_NAMES = {
    "relu": "Relu",
    "tanh": "Tanh",
    "sigmoid": "Sigmoid",
    "affine": "Affine",
    "leakyrelu": "LeakyRelu",
    "thresholdedrelu": "ThresholdedRelu",
    "scaledtanh": "ScaledTanh",
    "hardsigmoid": "HardSigmoid",
    "elu": "Elu",
    "softsign": "Softsign",
    "softplus": "Softplus",
}


@dataclass(frozen=True)
class Case:
    """A layer with random operands; the optional ones are those named in `operands`."""

    cell: str
    steps: int = 3
    batch: int = 2
    inputs: int = 5
    hidden: int = 4
    direction: str = "forward"
    operands: frozenset[str] = frozenset()
    activations: tuple[str, ...] | None = None
    alpha: tuple[float, ...] | None = None
    beta: tuple[float, ...] | None = None
    clip: float | None = None
    flag: bool = False
    """input_forget of an LSTM, linear_before_reset of a GRU."""
    layout: int = 0
    format: FormatAttr | None = None
    seed: int = 0

    @property
    def ways(self) -> int:
        return 2 if self.direction == "bidirectional" else 1

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes of all operands in the order of the operators, time first."""
        rows = GATES[self.cell] * self.hidden
        state = (self.ways, self.batch, self.hidden)
        shapes: dict[str, tuple[int, ...]] = {
            "x": (self.steps, self.batch, self.inputs),
            "w": (self.ways, rows, self.inputs),
            "r": (self.ways, rows, self.hidden),
            "bias": (self.ways, 2 * rows),
            "sequence_lens": (self.batch,),
            "initial_h": state,
            "rows": (self.ways, rows),
        }
        if self.cell == "lstm":
            shapes |= {"initial_c": state, "peepholes": (self.ways, 3 * self.hidden)}
        return shapes

    def arrays(self) -> Arrays:
        """Random operands in layout 0; those absent are left out."""
        generator = np.random.default_rng(self.seed)
        arrays: Arrays = {}
        for name, shape in self.shapes().items():
            if name == "sequence_lens":
                array = generator.integers(1, self.steps + 1, shape).astype(np.int32)
            else:
                array = generator.uniform(-1, 1, shape).astype(np.float32)
            if name in self.operands or name in ("x", "w", "r"):
                arrays[name] = array
        return arrays

    def given(self) -> Arrays:
        """The operands in the layout of the case."""
        arrays = self.arrays()
        if self.layout == 1:
            for name in {"x", "initial_h", "initial_c"} & arrays.keys():
                arrays[name] = np.ascontiguousarray(np.swapaxes(arrays[name], 0, 1))
        return arrays

    def module(self) -> ModuleOp:
        """A module whose arguments are the operands, and whose results are all results."""
        block, values = arguments(self.given())
        op = self.op(values)
        block.add_op(op)
        return finish(block, list(op.results))

    def op(self, values: dict[str, SSAValue]) -> RecurrentOp:
        x, w, r = values["x"], values["w"], values["r"]
        options: Any = {name: values[name] for name in values if name not in ("x", "w", "r")}
        options |= {
            "direction": self.direction,
            "activations": self.activations,
            "activation_alpha": self.alpha,
            "activation_beta": self.beta,
            "clip": self.clip,
            "layout": self.layout,
            "format": self.format,
        }
        if self.cell == "lstm":
            return LstmOp(x, w, r, self.hidden, input_forget=self.flag, **options)
        if self.cell == "gru":
            return GruOp(x, w, r, self.hidden, linear_before_reset=self.flag, **options)
        return RnnOp(x, w, r, self.hidden, **options)


def arguments(arrays: Arrays) -> tuple[Block, dict[str, SSAValue]]:
    """A block with arguments for the arrays, and these by name."""
    types = [
        TensorType(i32 if array.dtype == np.int32 else f32, array.shape)
        for array in arrays.values()
    ]
    block = Block(arg_types=types)
    values: dict[str, SSAValue] = {}
    for name, argument in zip(arrays, block.args, strict=True):
        argument.name_hint = name
        values[name] = argument
    return block, values


def finish(block: Block, results: list[SSAValue]) -> ModuleOp:
    """Return the results of a block from @main as y0, y1 and so on."""
    block.add_op(func.ReturnOp(*results))
    named = ArrayAttr(
        DictionaryAttr({"pattern.name": StringAttr(f"y{i}")}) for i in range(len(results))
    )
    types = (list(block.arg_types), [result.type for result in results])
    module = ModuleOp([func.FuncOp("main", types, Region(block), res_attrs=named)])
    module.verify()
    return module


def lower(module: ModuleOp) -> ModuleOp:
    module = module.clone()
    ConvertRnnToPatternPass().apply(Context(), module)
    module.verify()
    check_dominance(module)
    return module


def check_lowering(module: ModuleOp, inputs: Arrays) -> None:
    wanted = evaluate_rnn(module, inputs, {})
    got = evaluate(lower(module), inputs, {})
    assert got.keys() == wanted.keys()
    for name, array in wanted.items():
        np.testing.assert_allclose(got[name], array, rtol=1e-5, atol=1e-5, err_msg=name)


def run_onnx(case: Case) -> list[npt.NDArray[np.float32]]:
    """Run the ONNX operator on the case, in layout 0, the only one that onnxruntime has."""
    onnx: Any = import_module("onnx")
    runtime: Any = import_module("onnxruntime")
    helper = onnx.helper
    arrays = case.arrays()
    # ONNX has no factors of rows: the weights are what is meant by them.
    if "rows" in arrays:
        rows = arrays.pop("rows")[..., None]
        arrays |= {name: arrays[name] * rows for name in ("w", "r")}
    attributes: dict[str, Any] = {"hidden_size": case.hidden, "direction": case.direction}
    if case.activations is not None:
        attributes["activations"] = [ONNX_NAMES[name] for name in case.activations]
    for name, value in (
        ("activation_alpha", case.alpha),
        ("activation_beta", case.beta),
        ("clip", case.clip),
    ):
        if value:
            attributes[name] = value
    if case.flag:
        attributes[{"lstm": "input_forget", "gru": "linear_before_reset"}[case.cell]] = 1
    outputs = ["y", "yh", "yc"][: 3 if case.cell == "lstm" else 2]
    names = [name if name in arrays else "" for name in case.shapes() if name != "rows"]
    node = helper.make_node(case.cell.upper(), names, outputs, **attributes)
    infos = [
        helper.make_tensor_value_info(name, 6 if name == "sequence_lens" else 1, list(array.shape))
        for name, array in arrays.items()
    ]
    results = [helper.make_tensor_value_info(name, 1, None) for name in outputs]
    graph = helper.make_graph([node], "layer", infos, results)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)
    options = runtime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    session = runtime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return session.run(None, arrays)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    cell = draw(st.sampled_from(["lstm", "gru", "rnn"]))
    direction = draw(st.sampled_from(["forward", "reverse", "bidirectional"]))
    optional = ["bias", "sequence_lens", "initial_h", "rows"]
    if cell == "lstm":
        optional += ["initial_c", "peepholes"]
    count = FUNCTIONS[cell] * (2 if direction == "bidirectional" else 1)
    names = st.lists(st.sampled_from(ACTIVATIONS), min_size=count, max_size=count)
    activations = draw(st.none() | names.map(tuple))
    takers = activations or ()
    floats = st.sampled_from([0.125, 0.5, 0.75])
    alphas = sum(name in DEFAULT_ALPHA for name in takers)
    betas = sum(name in DEFAULT_BETA for name in takers)
    # onnxruntime takes 0 where these get no constants, ours are those of the ONNX operators.
    default = st.nothing() if {"affine", "scaledtanh", "thresholdedrelu"} & {*takers} else st.none()
    return Case(
        cell=cell,
        steps=draw(st.integers(1, 4)),
        batch=draw(st.integers(1, 3)),
        inputs=draw(st.integers(1, 7)),
        hidden=draw(st.integers(1, 5)),
        direction=direction,
        operands=frozenset(draw(st.sets(st.sampled_from(optional)))),
        activations=activations,
        alpha=draw(default | st.lists(floats, min_size=alphas, max_size=alphas).map(tuple)),
        beta=draw(default | st.lists(floats, min_size=betas, max_size=betas).map(tuple)),
        clip=draw(st.sampled_from([None, 0.5, 3.0])),
        flag=cell != "rnn" and draw(st.booleans()),
        layout=draw(st.integers(0, 1)),
        seed=draw(st.integers(0, 100)),
    )


SETTINGS = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)


@SETTINGS
@given(cases())
def test_reference_agrees_with_onnxruntime(case: Case):
    wanted = run_onnx(case)
    got = list(evaluate_rnn(case.module(), case.given(), {}).values())
    # Gates without bounds can make a sequence explode, which multiplies rounding errors.
    assume(all(np.abs(array).max() < 100 for array in got))
    if case.layout == 1:
        got = [np.moveaxis(got[0], 0, 2), *(np.swapaxes(state, 0, 1) for state in got[1:])]
    for ours, theirs in zip(got, wanted, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


@SETTINGS
@given(cases())
def test_lowering_agrees_with_reference(case: Case):
    module = case.module()
    assume(all(np.abs(y).max() < 100 for y in evaluate_rnn(module, case.given(), {}).values()))
    check_lowering(module, case.given())


FORMATS = [
    (FormatAttr.of("bf16"), 0.01),
    (FormatAttr.of("int8", input=127, weight=127, recurrent=127, state=127), 0.04),
    (FormatAttr.of("mixed8", input=16, weight=16, recurrent=16, state=16), 0.08),
]


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
@pytest.mark.parametrize("layout", [0, 1])
@pytest.mark.parametrize(("format", "tolerance"), FORMATS, ids=["bf16", "int8", "mixed8"])
def test_narrow_formats_stay_near_f32(cell: str, layout: int, format: FormatAttr, tolerance: float):
    operands = frozenset({"bias", "sequence_lens", "initial_h", "rows"})
    case = Case(
        cell, direction="bidirectional", operands=operands, layout=layout, format=format, seed=3
    )
    wanted = evaluate_rnn(case.module(), case.given(), {})
    got = evaluate(lower(case.module()), case.given(), {})
    for name, array in wanted.items():
        np.testing.assert_allclose(got[name], array, rtol=0, atol=tolerance, err_msg=name)


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
@pytest.mark.parametrize("format", [format for format, _ in FORMATS])
def test_last_state_is_the_last_output_of_each_entry(cell: str, format: FormatAttr):
    operands = frozenset({"sequence_lens", "initial_h"})
    case = Case(cell, steps=5, batch=3, operands=operands, format=format)
    y, y_h = list(evaluate(lower(case.module()), case.given(), {}).values())[:2]
    lengths = case.given()["sequence_lens"]
    assert set(lengths) != {5}
    for entry, length in enumerate(lengths):
        np.testing.assert_array_equal(y_h[0, entry], y[length - 1, 0, entry])
        assert not y[length:, 0, entry].any()


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
@pytest.mark.parametrize("direction", ["forward", "bidirectional"])
@pytest.mark.parametrize("layout", [0, 1])
def test_layers_stack(cell: str, direction: str, layout: int):
    lower_case = Case(cell, direction=direction, layout=layout, operands=frozenset({"bias"}))
    width = lower_case.ways * lower_case.hidden
    upper_case = Case(cell, inputs=width, hidden=3, direction=direction, layout=layout, seed=1)
    below, above = lower_case.given(), upper_case.given()
    block, values = arguments({**below, **{f"{name}2": above[name] for name in ("w", "r")}})
    first = lower_case.op({name: values[name] for name in below})
    second = upper_case.op({"x": first.y, "w": values["w2"], "r": values["r2"]})
    block.add_ops([first, second])
    check_lowering(
        finish(block, list(second.results)), {**below, "w2": above["w"], "r2": above["r"]}
    )


@pytest.mark.parametrize("direction", ["forward", "bidirectional"])
def test_linear_layer_takes_the_last_state(direction: str):
    case = Case("gru", direction=direction, operands=frozenset({"sequence_lens", "initial_h"}))
    generator = np.random.default_rng(1)
    arrays = case.given()
    arrays["m"] = generator.uniform(-1, 1, (6, case.ways * case.hidden)).astype(np.float32)
    arrays["n"] = generator.uniform(-1, 1, 6).astype(np.float32)
    block, values = arguments(arrays)
    layer = case.op({name: values[name] for name in case.given()})
    linear = LinearOp(layer.y_h, values["m"], values["n"])
    block.add_ops([layer, linear])
    check_lowering(finish(block, [linear.y]), arrays)


def test_linear_layer_takes_rows():
    generator = np.random.default_rng(1)
    arrays: Arrays = {
        name: generator.uniform(-1, 1, shape).astype(np.float32)
        for name, shape in {"x": (3, 5), "m": (2, 5)}.items()
    }
    block, values = arguments(arrays)
    linear = LinearOp(values["x"], values["m"])
    block.add_op(linear)
    check_lowering(finish(block, [linear.y]), arrays)


def test_missing_and_misshapen_inputs_are_named():
    case = Case("rnn")
    arrays = case.given()
    with pytest.raises(ValueError, match=r"needs the input 'w'"):
        evaluate_rnn(case.module(), {"x": arrays["x"]}, {})
    with pytest.raises(ValueError, match=r"input 'x' must have the shape \(3, 2, 5\)"):
        evaluate_rnn(case.module(), {**arrays, "x": arrays["w"]}, {})


def test_reference_refuses_other_levels():
    module = lower(Case("rnn").module())
    with pytest.raises(ValueError, match=r"not an operation of the rnn level"):
        evaluate_rnn(module, Case("rnn").given(), {})


def test_reference_needs_main():
    with pytest.raises(ValueError, match=r"no function @main"):
        evaluate_rnn(ModuleOp([]), {}, {})
