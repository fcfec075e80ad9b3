"""Modules from the text that MLIR prints: generic form, attributes as lists of parameters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from math import prod
from typing import Self, cast

from xdsl.context import Context
from xdsl.dialects.builtin import (
    AnyDenseElement,
    AnyFloat,
    BoolAttr,
    BytesAttr,
    DenseArrayBase,
    DenseIntOrFPElementsAttr,
    ModuleOp,
    NoneAttr,
    NoneType,
    RankedStructure,
    UnregisteredOp,
)
from xdsl.ir import Attribute, Dialect, Operation, ParametrizedAttribute, TypeAttribute
from xdsl.irdl import IRDLOperation
from xdsl.parser import AttrParser, Parser
from xdsl.universe import Universe
from xdsl.utils.exceptions import VerifyException
from xdsl.utils.mlir_lexer import MLIRTokenKind, StringLiteral

from spatial_opt.dialects import DIALECTS
from spatial_opt.interop.parsing import parse_module
from spatial_opt.interop.resources import inline_resources
from spatial_opt.interop.variadics import Groups, operand_groups, result_groups, sizes_attribute

_HEX = ("0x", "0X")


def _pack(parser: AttrParser, text: str, type: AnyFloat) -> bytes:
    """Give the bytes of a float from its bits in hexadecimal or from its decimal text."""
    if text[:2] not in _HEX:
        return type.pack((float(text),))
    bits, size = int(text, 16), type.compile_time_size
    if bits >> 8 * size:
        parser.raise_error(f"{text} has more bits than {type}")
    return bits.to_bytes(size, "little")


class GenericParser(Parser):
    """Parse what MLIR prints: floats in bits, and letters beyond ASCII as their bytes."""

    def parse_optional_str_literal(self) -> str | None:
        """Parse a string; xDSL takes one with escaped bytes beyond ASCII for bytes."""
        token = self._current_token
        if token.kind is MLIRTokenKind.BYTES_LIT:
            try:
                text = StringLiteral.from_span(token.span).bytes_contents.decode()
            except UnicodeDecodeError:
                return None
            self._consume_token(MLIRTokenKind.BYTES_LIT)
            return text
        return super().parse_optional_str_literal()

    def parse_dense_int_or_fp_elements_attr(
        self, type: RankedStructure[AnyDenseElement] | None
    ) -> DenseIntOrFPElementsAttr:
        """Parse what follows `dense`."""
        start = self.pos
        content = self.lexer.input.content
        body = content[start + 1 : content.index(">", start)]
        # A string holds all elements in hexadecimal already.
        if '"' in body or not any(mark in body for mark in _HEX):
            return super().parse_dense_int_or_fp_elements_attr(type)
        self._resume_from(start + 1 + len(body))
        self.parse_punctuation(">")
        if type is None:
            self.parse_punctuation(":")
            type = self._parse_dense_literal_type()
        element, count = type.element_type, prod(type.get_shape())
        if not isinstance(element, AnyFloat):
            self._resume_from(start)
            return super().parse_dense_int_or_fp_elements_attr(None)
        packed = [_pack(self, text, element) for text in re.findall(r"[-+.\w]+", body)]
        if len(packed) not in (1, count):
            self.raise_error(f"{len(packed)} elements do not fill {type}", start, self.pos)
        data = b"".join(packed) * (count if len(packed) == 1 else 1)
        return DenseIntOrFPElementsAttr(type, BytesAttr(data))

    def _parse_builtin_densearray_attr(self) -> DenseArrayBase | None:
        start = self.pos
        self.parse_characters("<")
        type = self.parse_type()
        if not isinstance(type, AnyFloat) or self.parse_optional_punctuation(":") is None:
            self._resume_from(start)
            return super()._parse_builtin_densearray_attr()
        content = self.lexer.input.content
        start = self.pos
        body = content[start : content.index(">", start)]
        self._resume_from(start + len(body))
        self.parse_characters(">")
        data = b"".join(_pack(self, text.strip(), type) for text in body.split(","))
        return DenseArrayBase(type, BytesAttr(data))


@cache
def _generic_attribute(kind: type[ParametrizedAttribute]) -> type[ParametrizedAttribute]:
    """Make a class that reads the attributes of `kind` without their custom syntax."""

    class Generic(ParametrizedAttribute):
        name = kind.name

        @classmethod
        def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
            start = parser.pos
            parameters = parser.parse_paramattr_parameters()
            try:
                return [kind.new(_with_absent(kind, parameters))]
            except VerifyException as error:
                parser.raise_error(str(error), start, parser.pos)

        @classmethod
        def new(cls, params: Sequence[Attribute]) -> Self:
            (attribute,) = params
            return cast(Self, attribute)

    if issubclass(kind, TypeAttribute):
        return type(kind.__name__, (Generic, TypeAttribute), {})
    return Generic


def _with_absent(
    kind: type[ParametrizedAttribute], parameters: Sequence[Attribute]
) -> list[Attribute]:
    """Turn `none`, which MLIR reads as a type, into xDSL's mark of absence where that stands."""
    definitions = kind.get_irdl_definition().parameters
    if len(definitions) != len(parameters):
        raise VerifyException(
            f"{kind.name} has {len(definitions)} parameters, got {len(parameters)}"
        )
    return [
        NoneAttr()
        if isinstance(parameter, NoneType) and definition.constr.verifies(NoneAttr())
        else parameter
        for (_, definition), parameter in zip(definitions, parameters, strict=True)
    ]


def _generic_dialect(name: str) -> Dialect:
    dialect = DIALECTS[name]()
    attributes = [
        _generic_attribute(kind) if issubclass(kind, ParametrizedAttribute) else kind
        for kind in dialect.attributes
    ]
    return Dialect(name, list(dialect.operations), attributes)


@cache
def generic_context(allow_unregistered: bool) -> Context:
    """Give a context in which the attributes of our dialects are read in generic form."""
    context = Context(allow_unregistered=allow_unregistered)
    for name, factory in Universe.get_multiverse().all_dialects.items():
        if name not in DIALECTS:
            context.register_dialect(name, factory)
    for name in DIALECTS:
        context.register_dialect(name, lambda name=name: _generic_dialect(name))
    return context


def read_generic(text: str, name: str, *, allow_unregistered: bool = False) -> ModuleOp:
    """
    Parse a module without verifying it; `name` is that of its source, for messages.

    Raises `ParseError`, also for attributes that do not verify, and `SpatialError` for operations
    that lack some.
    """
    text = inline_resources(text)
    module = parse_module(GenericParser(generic_context(allow_unregistered), text, name))
    for op in module.walk():
        if not isinstance(op, IRDLOperation):
            continue
        if Dialect.split_name(op.name)[0] in DIALECTS:
            _merge_slots(op, operand_groups(type(op)))
            _merge_slots(op, result_groups(type(op)))
        elif not isinstance(op, UnregisteredOp):
            _adapt_properties(op)
    return module


def _adapt_properties(op: IRDLOperation) -> None:
    """
    Make attributes of the properties that an operation has in MLIR but not in xDSL.

    MLIR prints all of them. Those that are newer than xDSL are flags, as a rule, and left out
    where they are not set.
    """
    definition = op.get_irdl_definition()
    for name in [name for name in op.properties if name not in definition.properties]:
        value = op.properties.pop(name)
        if name in definition.attributes or value != BoolAttr.from_bool(False):
            op.attributes[name] = value


def _merge_slots(op: Operation, groups: Groups) -> None:
    """Replace the sizes of slots by those of the operation's own definition."""
    if not groups.mixed:
        return
    holder = op.properties if groups.sizes_name in op.properties else op.attributes
    spread = holder.get(groups.sizes_name)
    if not isinstance(spread, DenseArrayBase):
        return
    sizes = groups.merged_sizes([int(size) for size in spread.iter_values()])
    if sizes is None:
        return
    if groups.sizes_declared:
        holder[groups.sizes_name] = sizes_attribute(sizes)
    else:
        del holder[groups.sizes_name]
