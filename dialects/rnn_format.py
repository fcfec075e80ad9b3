"""The number format of a recurrent layer, `#rnn.format<mixed8, weight 16.0>`."""

from collections.abc import Sequence
from typing import cast

import numpy as np
from xdsl.dialects.builtin import Float32Type, FloatAttr, StringAttr, f32
from xdsl.ir import Attribute, ParametrizedAttribute
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException

FORMATS: tuple[str, ...] = ("f32", "bf16", "int8", "mixed8")
"""Number formats of a layer."""
SCALES: tuple[str, ...] = ("input", "weight", "recurrent", "state")
"""What a format scales: X, W, R and the hidden state."""


def shortest_f32(value: float) -> str:
    """Return the shortest decimal text, always with a point, that reads back as the same f32."""
    mantissa, exponent, power = str(np.float32(value)).partition("e")
    return (mantissa if "." in mantissa else f"{mantissa}.0") + exponent + power


def parse_f32(parser: AttrParser) -> FloatAttr[Float32Type]:
    """Parse a number as an f32 attribute."""
    return FloatAttr(float(parser.parse_number(context_msg=" of type f32")), f32)


@irdl_attr_definition
class FormatAttr(ParametrizedAttribute):
    """
    Say how a layer's weights, inputs and hidden state are stored, and the scales they get before.

    f32 and bf16 are plain; int8 stores i8 and sums in i32; mixed8 stores f8E4M3FN, multiplies in
    it, and sums in f16, then f32 (Zhao et al., MLSys 2019, section 4). A scale multiplies the value
    before it is stored; 1.0 is left out of the text.

    ```mlir
    #rnn.format<mixed8, input 16.0, weight 16.0, recurrent 16.0, state 16.0>
    ```
    """

    name = "rnn.format"

    format: StringAttr
    input: FloatAttr[Float32Type]
    weight: FloatAttr[Float32Type]
    recurrent: FloatAttr[Float32Type]
    state: FloatAttr[Float32Type]

    @staticmethod
    def of(
        format: str,
        *,
        input: float = 1.0,
        weight: float = 1.0,
        recurrent: float = 1.0,
        state: float = 1.0,
    ) -> "FormatAttr":
        """Return the attribute of one of `FORMATS` with the given scales."""
        scales = (FloatAttr(scale, f32) for scale in (input, weight, recurrent, state))
        return FormatAttr(StringAttr(format), *scales)

    def scale(self, which: str) -> float:
        """Return the scale of one of `SCALES`."""
        return cast(FloatAttr[Float32Type], getattr(self, which)).value.data

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        with parser.in_angle_brackets():
            position = parser.pos
            format = parser.parse_identifier(" of a number format")
            if format not in FORMATS:
                parser.raise_error(_unknown_format(format), position)
            scales = {which: FloatAttr(1.0, f32) for which in SCALES}
            while parser.parse_optional_punctuation(",") is not None:
                which = parser.parse_keyword_in(SCALES)
                position = parser.pos
                scales[which] = parse_f32(parser)
                if (reason := _bad_scale(format, which, scales[which].value.data)) is not None:
                    parser.raise_error(reason, position)
        return (StringAttr(format), *scales.values())

    def print_parameters(self, printer: Printer) -> None:
        with printer.in_angle_brackets():
            printer.print_string(self.format.data)
            for which in SCALES:
                if (scale := self.scale(which)) != 1.0:
                    printer.print_string(f", {which} {shortest_f32(scale)}")

    def verify(self) -> None:
        if self.format.data not in FORMATS:
            raise VerifyException(_unknown_format(self.format.data))
        for which in SCALES:
            if (reason := _bad_scale(self.format.data, which, self.scale(which))) is not None:
                raise VerifyException(reason)


def _unknown_format(format: str) -> str:
    return f"unknown number format {format}, expected one of {', '.join(FORMATS)}"


def _bad_scale(format: str, which: str, scale: float) -> str | None:
    if not 0 < scale < float("inf"):
        return f"the {which} scale must be positive and finite, got {scale}"
    if format == "f32" and scale != 1.0:
        return f"format f32 stores values as they are, got {which} scale {scale}"
    return None
