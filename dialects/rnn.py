"""
The rnn dialect: whole recurrent layers over a sequence, with the semantics of the ONNX operators.

`rnn.lstm`, `rnn.gru` and `rnn.rnn` follow the operators LSTM, GRU and RNN of ONNX opset 14
(https://onnx.ai/onnx/operators/), `rnn.linear` is a fully connected layer. All values are f32;
a format attribute says how weights, inputs and states are to be stored once the layer is lowered.
"""

import math
from abc import ABC
from collections.abc import Mapping, Sequence
from typing import ClassVar, NamedTuple, Self, TypedDict, Unpack, cast

from xdsl.dialects.builtin import (
    ArrayAttr,
    DenseArrayBase,
    Float32Type,
    FloatAttr,
    IntegerAttr,
    StringAttr,
    TensorType,
    UnitAttr,
    f32,
    i32,
    i64,
)
from xdsl.ir import Attribute, Dialect, Operation, SSAValue
from xdsl.irdl import (
    AttrSizedOperandSegments,
    IRDLOperation,
    irdl_op_definition,
    operand_def,
    opt_operand_def,
    opt_prop_def,
    prop_def,
    result_def,
    traits_def,
)
from xdsl.parser import Parser, UnresolvedOperand
from xdsl.printer import Printer
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from spatial_opt.dialects.rnn_format import FormatAttr
from spatial_opt.dialects.rnn_shapes import check_type, shape_of, tensor, type_text
from spatial_opt.dialects.rnn_syntax import (
    ACTIVATIONS,
    CLAUSES,
    DEFAULT_ALPHA,
    DEFAULT_BETA,
    DIRECTIONS,
    PROPERTY,
    Clause,
    parse_operand,
    parse_unit,
    print_clause,
)


class Activation(NamedTuple):
    """An activation function with its parameters; None where the function takes none."""

    function: str
    alpha: float | None = None
    beta: float | None = None


class RecurrentOptions(TypedDict, total=False):
    """The optional arguments that the constructors of the three layers share."""

    bias: SSAValue | None
    sequence_lens: SSAValue | None
    initial_h: SSAValue | None
    rows: SSAValue | None
    direction: str
    activations: Sequence[str] | None
    activation_alpha: Sequence[float] | None
    activation_beta: Sequence[float] | None
    clip: float | None
    layout: int
    format: FormatAttr | None


class RecurrentOp(IRDLOperation, ABC):
    """
    Hold what the three recurrent layers share: operands, attributes, syntax and shape rules.

    The sizes in the shapes below are T (time steps), B (batch), N (directions), D (input), H
    (hidden) and G (gates). In `layout 0` X is TxBxD, Y is TxNxBxH, states are NxBxH; in `layout 1`
    the batch leads: BxTxD, BxTxNxH, BxNxH.
    """

    GATES: ClassVar[int]
    """Number of gates: rows of W and R per hidden unit."""
    DEFAULT_ACTIVATIONS: ClassVar[tuple[str, ...]]
    """ONNX's default activations of one direction."""
    RESULTS: ClassVar[int] = 2

    x = operand_def(TensorType)
    """TxBxD, or the Y of another layer, TxMxBxK, whose directions are concatenated: D = M * K."""
    w = operand_def(TensorType)
    """NxG*HxD, input weights, gates in ONNX's order."""
    r = operand_def(TensorType)
    """NxG*HxH, recurrent weights."""
    bias = opt_operand_def(TensorType)
    """Nx2*G*H, the biases of W, then those of R."""
    sequence_lens = opt_operand_def(TensorType)
    """B, i32: steps of each batch entry; Y is zero beyond them and the state stays."""
    initial_h = opt_operand_def(TensorType)
    """The hidden state before the first step; zero if absent."""
    rows = opt_operand_def(TensorType)
    """NxG*H, factors of the rows of W and R, whose products are multiplied by them."""

    hidden_size = prop_def(IntegerAttr[i64])
    """H."""
    direction = prop_def(StringAttr, default_value=StringAttr("forward"))
    """forward, reverse or bidirectional."""
    activations = opt_prop_def(ArrayAttr[StringAttr])
    """The functions of the first direction, then those of the second."""
    activation_alpha = opt_prop_def(DenseArrayBase.constr(f32))
    """Taken in turn by the activations that have an alpha; ONNX's defaults once exhausted."""
    activation_beta = opt_prop_def(DenseArrayBase.constr(f32))
    """Taken in turn by the activations that have a beta."""
    clip = opt_prop_def(FloatAttr[Float32Type])
    """Bounds the input of the gates' activations to [-clip, clip]."""
    layout = prop_def(IntegerAttr[i64], default_value=IntegerAttr(0, i64))
    """0: time leads, 1: batch leads."""
    format = opt_prop_def(FormatAttr)
    """How the layer is stored when lowered; ignored by evaluation in f32."""

    y = result_def(TensorType)
    """The hidden state after every step."""
    y_h = result_def(TensorType)
    """The hidden state after the last step."""

    irdl_options = (AttrSizedOperandSegments(as_property=True),)
    traits = traits_def(Pure())

    def __init__(
        self,
        x: SSAValue | Operation,
        w: SSAValue | Operation,
        r: SSAValue | Operation,
        hidden_size: int,
        more_operands: Sequence[SSAValue | None] = (),
        more_properties: Mapping[str, Attribute | None] | None = None,
        **options: Unpack[RecurrentOptions],
    ):
        values = SSAValue.get(x), SSAValue.get(w), SSAValue.get(r)
        optional = [
            options.get("bias"),
            options.get("sequence_lens"),
            options.get("initial_h"),
            options.get("rows"),
        ]
        direction, layout = options.get("direction", "forward"), options.get("layout", 0)
        activations, clip = options.get("activations"), options.get("clip")
        shape, count = shape_of(values[0]), 2 if direction == "bidirectional" else 1
        if layout == 0:
            state = (count, shape[-2], hidden_size)
            y = (shape[0], *state)
        else:
            state = (shape[0], count, hidden_size)
            y = (shape[0], shape[1], count, hidden_size)
        super().__init__(
            operands=[
                *values,
                *([] if value is None else [value] for value in (*optional, *more_operands)),
            ],
            result_types=[tensor(*y), *(tensor(*state) for _ in range(self.RESULTS - 1))],
            properties={
                "hidden_size": IntegerAttr(hidden_size, i64),
                "direction": StringAttr(direction),
                "activations": None
                if activations is None
                else ArrayAttr(StringAttr(name) for name in activations),
                "activation_alpha": _floats(options.get("activation_alpha")),
                "activation_beta": _floats(options.get("activation_beta")),
                "clip": None if clip is None else FloatAttr(clip, f32),
                "layout": IntegerAttr(layout, i64),
                "format": options.get("format"),
                **(more_properties or {}),
            },
        )

    @property
    def num_directions(self) -> int:
        """Return N: 2 if bidirectional, else 1."""
        return 2 if self.direction.data == "bidirectional" else 1

    @property
    def hidden(self) -> int:
        """Return H."""
        return self.hidden_size.value.data

    @property
    def batch_first(self) -> bool:
        """Return whether the batch leads the shapes (layout 1)."""
        return self.layout.value.data == 1

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Return (T, B, D) as X has them."""
        shape = shape_of(self.x)
        if self.batch_first:
            return shape[1], shape[0], shape[2] * (shape[3] if len(shape) == 4 else 1)
        if len(shape) == 4:
            return shape[0], shape[2], shape[1] * shape[3]
        return shape[0], shape[1], shape[2]

    def direction_activations(self) -> list[tuple[Activation, ...]]:
        """Return the activations of each direction, alpha and beta handed out in order."""
        per_direction = len(self.DEFAULT_ACTIVATIONS)
        alphas = iter(() if self.activation_alpha is None else self.activation_alpha.get_values())
        betas = iter(() if self.activation_beta is None else self.activation_beta.get_values())
        chosen = [
            Activation(
                name,
                next(alphas, DEFAULT_ALPHA[name]) if name in DEFAULT_ALPHA else None,
                next(betas, DEFAULT_BETA[name]) if name in DEFAULT_BETA else None,
            )
            for name in self.activation_names()
        ]
        return [
            tuple(chosen[start : start + per_direction])
            for start in range(0, len(chosen), per_direction)
        ]

    def activation_names(self) -> tuple[str, ...]:
        """Return the activation functions of all directions in order."""
        if self.activations is None:
            return self.DEFAULT_ACTIVATIONS * self.num_directions
        return tuple(name.data for name in self.activations)

    def state_type(self) -> TensorType[Attribute]:
        """Return the type of one state: NxBxH, or BxNxH in layout 1."""
        _, batch, _ = self.sizes
        lead = (batch, self.num_directions) if self.batch_first else (self.num_directions, batch)
        return tensor(*lead, self.hidden)

    def verify_(self) -> None:
        self._verify_attributes()
        x = cast(TensorType[Attribute], self.x.type)
        if x.element_type != f32 or x.get_num_dims() not in (3, 4) or min(x.get_shape()) < 1:
            raise VerifyException(
                "X must be a static f32 tensor of rank 3, or the rank-4 Y of another layer, "
                f"got {type_text(x)}"
            )
        steps, batch, inputs = self.sizes
        count, hidden, gates = self.num_directions, self.hidden, self.GATES
        weights = f"directions x {f'{gates} * ' if gates > 1 else ''}hidden_size"
        check_type("W", f"{weights} x input size", tensor(count, gates * hidden, inputs), self.w)
        check_type("R", f"{weights} x hidden_size", tensor(count, gates * hidden, hidden), self.r)
        bias = tensor(count, 2 * gates * hidden)
        check_type("bias", f"directions x {2 * gates} * hidden_size", bias, self.bias)
        lengths = tensor(batch, element=i32)
        check_type("sequence_lens", "batch", lengths, self.sequence_lens)
        layout = "batch x directions" if self.batch_first else "directions x batch"
        state = self.state_type()
        check_type("initial_h", f"{layout} x hidden_size", state, self.initial_h)
        check_type("rows", weights, tensor(count, gates * hidden), self.rows)
        rule = "batch x time x directions" if self.batch_first else "time x directions x batch"
        lead = (batch, steps, count) if self.batch_first else (steps, count, batch)
        check_type("Y", f"{rule} x hidden_size", tensor(*lead, hidden), self.y)
        check_type("Y_h", f"{layout} x hidden_size", state, self.y_h)

    def _verify_attributes(self) -> None:
        if self.direction.data not in DIRECTIONS:
            raise VerifyException(
                f"direction must be one of {', '.join(DIRECTIONS)}, got {self.direction.data}"
            )
        if self.layout.value.data not in (0, 1):
            raise VerifyException(f"layout must be 0 or 1, got {self.layout.value.data}")
        if self.hidden < 1:
            raise VerifyException(f"hidden_size must be at least 1, got {self.hidden}")
        if self.clip is not None and not 0 < self.clip.value.data < math.inf:
            raise VerifyException(f"clip must be positive and finite, got {self.clip.value.data}")
        names, wanted = self.activation_names(), len(self.DEFAULT_ACTIVATIONS)
        if len(names) != wanted * self.num_directions:
            raise VerifyException(
                f"{self.name} needs {wanted} activations for each of its {self.num_directions} "
                f"directions, got {len(names)}"
            )
        for name in names:
            if name not in ACTIVATIONS:
                raise VerifyException(
                    f"unknown activation {name}, expected one of {', '.join(ACTIVATIONS)}"
                )
        for key, given, takers in (
            ("alpha", self.activation_alpha, DEFAULT_ALPHA),
            ("beta", self.activation_beta, DEFAULT_BETA),
        ):
            limit = sum(name in takers for name in names)
            if given is not None and not all(map(math.isfinite, given.get_values())):
                raise VerifyException(f"{key} must be finite, got {given.get_values()}")
            if given is not None and len(given) > limit:
                raise VerifyException(
                    f"{limit} of the activations {', '.join(names)} take {key}, "
                    f"got {len(given)} values"
                )

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        clauses: dict[str, UnresolvedOperand | Attribute] = {}
        fixed: list[UnresolvedOperand] = []
        for position in range(3):
            if position:
                parser.parse_punctuation(",")
            fixed.append(parser.parse_unresolved_operand())
        known = cls._clauses()
        while (keyword := parser.parse_optional_keyword_in(known)) is not None:
            if keyword in clauses:
                parser.raise_error(f"'{keyword}' is given twice")
            clauses[keyword] = known[keyword](parser)
        if "hidden" not in clauses:
            parser.raise_error("expected 'hidden' and the number of hidden units")
        attributes = parser.parse_optional_attr_dict_with_keyword()
        parser.parse_punctuation(":")
        start = parser.pos
        types = parser.parse_function_type()
        optional = [clauses.get(name) for name in cls.optional_operands()]
        present = [value for value in optional if isinstance(value, UnresolvedOperand)]
        values = iter(parser.resolve_operands([*fixed, *present], types.inputs.data, start))
        groups: list[SSAValue | list[SSAValue]] = [next(values) for _ in fixed]
        groups.extend([next(values)] if value is not None else [] for value in optional)
        results = types.outputs.data
        if len(results) != cls.RESULTS:
            parser.raise_error(f"{cls.name} has {cls.RESULTS} results, got {len(results)}", start)
        op = cls.__new__(cls)
        IRDLOperation.__init__(
            op,
            operands=groups,
            result_types=results,
            properties={
                PROPERTY.get(name, name): value
                for name, value in clauses.items()
                if isinstance(value, Attribute)
            },
            attributes=None if attributes is None else attributes.data,
        )
        return op

    @classmethod
    def optional_operands(cls) -> tuple[str, ...]:
        """Return the names of the optional operands in their order."""
        return ("bias", "sequence_lens", "initial_h", "rows")

    @classmethod
    def _clauses(cls) -> "dict[str, Clause]":
        operands = dict.fromkeys(cls.optional_operands(), parse_operand)
        return {**operands, **CLAUSES}

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_list((self.x, self.w, self.r), printer.print_ssa_value)
        for name in self.optional_operands():
            if (value := cast(SSAValue | None, getattr(self, name))) is not None:
                printer.print_string(f" {name} ")
                printer.print_ssa_value(value)
        printer.print_string(f" hidden {self.hidden}")
        for name in self._clauses():
            value = self.properties.get(PROPERTY.get(name, name))
            if value is not None and name != "hidden" and not self._is_default(name, value):
                print_clause(printer, name, value)
        printer.print_op_attributes(self.attributes, print_keyword=True)
        printer.print_string(" : ")
        printer.print_function_type(self.operand_types, self.result_types)

    def _is_default(self, name: str, value: Attribute) -> bool:
        return (name, value) in (
            ("direction", StringAttr("forward")),
            ("layout", IntegerAttr(0, i64)),
        )


def _floats(values: Sequence[float] | None) -> DenseArrayBase[Float32Type] | None:
    return None if values is None else DenseArrayBase.from_list(f32, values)


class CellOp(IRDLOperation, ABC):
    """Add what an LSTM has besides: a base of its own, so that it follows X, W, R in the order."""

    initial_c = opt_operand_def(TensorType)
    """The cell before the first step; zero if absent."""
    peepholes = opt_operand_def(TensorType)
    """Nx3*H: weights from the cell to the gates i, o, f."""
    input_forget = opt_prop_def(UnitAttr)
    """Couples the forget gate to the input gate."""
    y_c = result_def(TensorType)
    """The cell after the last step."""


@irdl_op_definition
class LstmOp(RecurrentOp, CellOp):
    """
    Run a long short-term memory layer over a sequence; gates in the order i, o, f, c.

    Activations are f (gates i, o, f), g (cell input) and h (cell output). With peepholes the
    gates i and f see the previous cell, o the new one. `input_forget` couples f = 1 - i.

    ```mlir
    %y, %yh, %yc = rnn.lstm %x, %w, %r bias %b hidden 64
        : (tensor<8x1x8xf32>, tensor<1x256x8xf32>, tensor<1x256x64xf32>, tensor<1x512xf32>)
        -> (tensor<8x1x1x64xf32>, tensor<1x1x64xf32>, tensor<1x1x64xf32>)
    ```
    """

    name = "rnn.lstm"
    GATES: ClassVar = 4
    DEFAULT_ACTIVATIONS: ClassVar = ("sigmoid", "tanh", "tanh")
    RESULTS: ClassVar = 3

    def __init__(
        self,
        x: SSAValue | Operation,
        w: SSAValue | Operation,
        r: SSAValue | Operation,
        hidden_size: int,
        *,
        initial_c: SSAValue | None = None,
        peepholes: SSAValue | None = None,
        input_forget: bool = False,
        **options: Unpack[RecurrentOptions],
    ):
        coupled = {"input_forget": UnitAttr() if input_forget else None}
        super().__init__(x, w, r, hidden_size, (initial_c, peepholes), coupled, **options)

    def verify_(self) -> None:
        super().verify_()
        layout = "batch x directions" if self.batch_first else "directions x batch"
        check_type("initial_c", f"{layout} x hidden_size", self.state_type(), self.initial_c)
        peepholes = tensor(self.num_directions, 3 * self.hidden)
        check_type("peepholes", "directions x 3 * hidden_size", peepholes, self.peepholes)
        check_type("Y_c", f"{layout} x hidden_size", self.state_type(), self.y_c)

    @classmethod
    def optional_operands(cls) -> tuple[str, ...]:
        return (*super().optional_operands(), "initial_c", "peepholes")

    @classmethod
    def _clauses(cls) -> dict[str, Clause]:
        return {**super()._clauses(), "input_forget": parse_unit}


@irdl_op_definition
class GruOp(RecurrentOp):
    """
    Run a gated recurrent unit layer over a sequence; gates in the order z, r, h.

    Activations are f (gates z, r) and g (candidate). With `linear_before_reset` the reset gate
    multiplies R_h * h + b_h, as in cuDNN and torch, otherwise h itself.

    ```mlir
    %y, %yh = rnn.gru %x, %w, %r hidden 4 linear_before_reset
        : (tensor<8x1x3xf32>, tensor<1x12x3xf32>, tensor<1x12x4xf32>)
        -> (tensor<8x1x1x4xf32>, tensor<1x1x4xf32>)
    ```
    """

    name = "rnn.gru"
    GATES: ClassVar = 3
    DEFAULT_ACTIVATIONS: ClassVar = ("sigmoid", "tanh")

    linear_before_reset = opt_prop_def(UnitAttr)
    """The reset gate multiplies the product with R, not its operand."""

    def __init__(
        self,
        x: SSAValue | Operation,
        w: SSAValue | Operation,
        r: SSAValue | Operation,
        hidden_size: int,
        *,
        linear_before_reset: bool = False,
        **options: Unpack[RecurrentOptions],
    ):
        after = {"linear_before_reset": UnitAttr() if linear_before_reset else None}
        super().__init__(x, w, r, hidden_size, (), after, **options)

    @classmethod
    def _clauses(cls) -> dict[str, Clause]:
        return {**super()._clauses(), "linear_before_reset": parse_unit}


@irdl_op_definition
class RnnOp(RecurrentOp):
    """
    Run a vanilla recurrent layer over a sequence: h = f(W x + R h + b).

    ```mlir
    %y, %yh = rnn.rnn %x, %w, %r hidden 4 direction reverse activations [relu]
        : (tensor<8x1x3xf32>, tensor<1x4x3xf32>, tensor<1x4x4xf32>)
        -> (tensor<8x1x1x4xf32>, tensor<1x1x4xf32>)
    ```
    """

    name = "rnn.rnn"
    GATES: ClassVar = 1
    DEFAULT_ACTIVATIONS: ClassVar = ("tanh",)


@irdl_op_definition
class LinearOp(IRDLOperation):
    """
    Multiply each row of x by a matrix: y[b, j] = sum over k of x[b, k] * w[j, k], plus bias[j].

    x is BxK, or the Y_h of a layer, NxBxH, whose directions are concatenated: K = N * H.

    ```mlir
    %y = rnn.linear %x, %w bias %b
        : (tensor<1x1x64xf32>, tensor<10x64xf32>, tensor<10xf32>) -> tensor<1x10xf32>
    ```
    """

    name = "rnn.linear"

    x = operand_def(TensorType)
    """BxK or NxBxH."""
    w = operand_def(TensorType)
    """JxK."""
    bias = opt_operand_def(TensorType)
    """J."""
    format = opt_prop_def(FormatAttr)
    """How x (input scale) and w (weight scale) are stored when lowered."""
    y = result_def(TensorType)
    """BxJ."""

    traits = traits_def(Pure())

    assembly_format = (
        "$x `,` $w (`bias` $bias^)? (`format` $format^)? attr-dict `:` functional-type(operands, "
        "results)"
    )

    def __init__(
        self,
        x: SSAValue | Operation,
        w: SSAValue | Operation,
        bias: SSAValue | None = None,
        format: FormatAttr | None = None,
    ):
        rows, columns = shape_of(SSAValue.get(x))[-2], shape_of(SSAValue.get(w))[0]
        super().__init__(
            operands=[x, w, [] if bias is None else [bias]],
            result_types=[tensor(rows, columns)],
            properties={"format": format},
        )

    @property
    def x_shape(self) -> tuple[int, ...]:
        """Return the shape of x."""
        return shape_of(self.x)

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Return (B, K, J)."""
        shape = self.x_shape
        lead = shape[0] if len(shape) == 3 else 1
        return shape[-2], lead * shape[-1], shape_of(self.w)[0]

    def verify_(self) -> None:
        x = cast(TensorType[Attribute], self.x.type)
        if x.element_type != f32 or x.get_num_dims() not in (2, 3) or min(x.get_shape()) < 1:
            raise VerifyException(
                "x must be a static f32 tensor of rank 2, or the rank-3 Y_h of a layer, "
                f"got {type_text(x)}"
            )
        w = cast(TensorType[Attribute], self.w.type)
        if w.get_num_dims() != 2:
            raise VerifyException(f"w must be outputs x inputs, got {type_text(w)}")
        if min(w.get_shape()) < 1:
            raise VerifyException(f"w must have static sizes of 1 or more, got {type_text(w)}")
        rows, inputs, outputs = self.sizes
        check_type("w", "outputs x inputs", tensor(outputs, inputs), self.w)
        check_type("bias", "outputs", tensor(outputs), self.bias)
        check_type("y", "batch x outputs", tensor(rows, outputs), self.y)


Rnn = Dialect("rnn", [LstmOp, GruOp, RnnOp, LinearOp], [FormatAttr])
"""The rnn dialect."""
