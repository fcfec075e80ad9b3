"""
Constraints of xDSL's definitions as operations of IRDL.

A value of an IRDL constraint stands for one attribute wherever it is used, which is what a
variable of xDSL is; anything else must get a value of its own at each use.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from xdsl.dialects.builtin import (
    AffineMapAttr,
    AffineSetAttr,
    ArrayAttr,
    ArrayOfConstraint,
    ComplexType,
    DenseArrayBase,
    DictionaryAttr,
    FloatAttr,
    FunctionType,
    IntegerAttr,
    IntegerType,
    MemRefType,
    StringAttr,
    SymbolNameConstraint,
    SymbolRefAttr,
    TensorType,
    TupleType,
    VectorType,
)
from xdsl.ir import Attribute, Data, Dialect, ParametrizedAttribute, TypeAttribute
from xdsl.irdl import (
    AllOf,
    AnyAttr,
    AnyOf,
    AttrConstraint,
    AttrSetConstraint,
    BaseAttr,
    EqAttrConstraint,
    MessageConstraint,
    ParamAttrConstraint,
    RangeOf,
    TypeVarConstraint,
    VarConstraint,
)

from spatial_opt.interop.generic_attributes import attribute_text
from spatial_opt.interop.variadics import only_instance

_BUILTIN: dict[type[Attribute], str] = {
    AffineMapAttr: "#builtin.affine_map",
    AffineSetAttr: "#builtin.integer_set",
    ArrayAttr: "#builtin.array",
    DenseArrayBase: "#builtin.dense_array",
    DictionaryAttr: "#builtin.dictionary",
    FloatAttr: "#builtin.float",
    IntegerAttr: "#builtin.integer",
    StringAttr: "#builtin.string",
    SymbolRefAttr: "#builtin.symbol_ref",
    TypeAttribute: "#builtin.type",
    ComplexType: "!builtin.complex",
    FunctionType: "!builtin.function",
    IntegerType: "!builtin.integer",
    MemRefType: "!builtin.memref",
    TensorType: "!builtin.tensor",
    TupleType: "!builtin.tuple",
    VectorType: "!builtin.vector",
}
"""The classes of builtin attributes and types that have several instances, as MLIR names them."""


@dataclass
class Body:
    """The body of one definition as it is written."""

    dialects: frozenset[str]
    """The dialects that are defined by IRDL, whose attributes are named by symbols."""
    lines: list[str] = field(default_factory=list[str])
    notes: list[str] = field(default_factory=list[str])
    """What the definition asks for and IRDL can't say, one sentence each."""
    variables: dict[str, str] = field(default_factory=dict[str, str])
    """The values of variables."""
    _count: int = 0

    def value(self, operation: str) -> str:
        """Add an operation with one result and give its name."""
        name = f"%{self._count}"
        self._count += 1
        self.lines.append(f"{name} = {operation}")
        return name

    def lower(self, constraint: AttrConstraint, subject: str) -> str:
        """
        Add what says a constraint and give the value that stands for it.

        What can't be said is noted about `subject`, the thing constrained.
        """
        match constraint:
            case AnyAttr():
                return self.value("irdl.any")
            case VarConstraint(name=name, constraint=inner):
                if name not in self.variables:
                    self.variables[name] = self.lower(inner, subject)
                return self.variables[name]
            case MessageConstraint(constr=inner):
                return self.lower(inner, subject)
            case SymbolNameConstraint():
                return self._base(StringAttr, subject)
            case TypeVarConstraint(base_constraint=inner):
                return self.lower(inner, subject)
            case EqAttrConstraint(attr=attribute):
                return self._equal(attribute)
            case AttrSetConstraint(values=values):
                texts = {attribute_text(value, self.dialects): value for value in values}
                return self._any_of([self._equal(texts[text]) for text in sorted(texts)])
            case AnyOf(attr_constrs=parts):
                return self._any_of([self.lower(part, subject) for part in parts])
            case AllOf(attr_constrs=parts):
                found = [self.lower(part, subject) for part in parts]
                return self.value(f"irdl.all_of({', '.join(found)})")
            case BaseAttr(attr=kind):
                return self._base(kind, subject)
            case ParamAttrConstraint(base_attr=kind, param_constrs=parts):
                if self._is_defined(kind):
                    found = [self.lower(part, subject) for part in parts]
                    return self._parametric(kind, found)
                self.notes.append(f"{subject} is {describe(constraint)}")
                return self._base(kind, subject)
            case _:
                return self._bases(constraint, subject)

    def _bases(self, constraint: AttrConstraint, subject: str) -> str:
        """Say at least which classes a constraint allows."""
        self.notes.append(f"{subject} is {describe(constraint)}")
        bases = constraint.get_bases()
        if not bases:
            return self.value("irdl.any")
        kinds = sorted(bases, key=lambda kind: kind.name)
        return self._any_of([self._base(kind, subject) for kind in kinds])

    def _any_of(self, values: list[str]) -> str:
        return values[0] if len(values) == 1 else self.value(f"irdl.any_of({', '.join(values)})")

    def _is_defined(self, kind: type[Attribute]) -> bool:
        return "." in kind.name and Dialect.split_name(kind.name)[0] in self.dialects

    def _base(self, kind: type[Attribute], subject: str) -> str:
        if kind in _BUILTIN:
            return self.value(f'irdl.base "{_BUILTIN[kind]}"')
        if hasattr(kind, "name") and self._is_defined(kind):
            return self.value(f"irdl.base {_symbol(kind)}")
        if (only := only_instance(kind)) is not None:
            return self._equal(only)
        self.notes.append(f"{subject} is {_class_name(kind)}")
        return self.value("irdl.any")

    def _equal(self, attribute: Attribute) -> str:
        if isinstance(attribute, ParametrizedAttribute) and self._is_defined(type(attribute)):
            # MLIR reads the definition before it knows such an attribute.
            parameters = [self._equal(parameter) for parameter in attribute.parameters]
            return self._parametric(type(attribute), parameters)
        return self.value(f"irdl.is {attribute_text(attribute, self.dialects)}")

    def _parametric(self, kind: type[Attribute], parameters: list[str]) -> str:
        if not parameters:
            return self.value(f"irdl.base {_symbol(kind)}")
        return self.value(f"irdl.parametric {_symbol(kind)}<{', '.join(parameters)}>")


def _symbol(kind: type[Attribute]) -> str:
    dialect, name = Dialect.split_name(kind.name)
    return f"@{dialect}::@{name}"


def _class_name(kind: type[Attribute]) -> str:
    if kind in _BUILTIN:
        return _BUILTIN[kind][1:]
    return kind.name if hasattr(kind, "name") else kind.__name__


def describe(constraint: AttrConstraint) -> str:
    """Say what a constraint asks for, for people who read a definition."""
    match constraint:
        case AnyAttr():
            return "anything"
        case VarConstraint(name=name, constraint=inner):
            return f"{name}, {describe(inner)}"
        case EqAttrConstraint(attr=attribute):
            return str(attribute)
        case AttrSetConstraint(values=values):
            return " or ".join(sorted(map(str, values)))
        case BaseAttr(attr=kind):
            only = only_instance(kind)
            return _class_name(kind) if only is None else str(only)
        case AnyOf(attr_constrs=parts):
            return " or ".join(map(describe, parts))
        case AllOf(attr_constrs=parts):
            return " and ".join(map(describe, parts))
        case ParamAttrConstraint(base_attr=kind, param_constrs=parts):
            told = [describe(part) for part in parts if not _is_plain(part)]
            return f"{_class_name(kind)} of {', '.join(told)}" if told else _class_name(kind)
        case ArrayOfConstraint(elem_range_constraint=RangeOf(constr=element)):
            return f"builtin.array, each {describe(element)}"
        case _:
            bases = constraint.get_bases()
            named = [_class_name(kind) for kind in sorted(bases or (), key=lambda k: k.name)]
            return f"what {type(constraint).__name__} takes" + (
                f", {' or '.join(named)}" if named else ""
            )


def _is_plain(constraint: AttrConstraint) -> bool:
    """Tell whether a parameter's constraint only says that it holds a plain value."""
    return isinstance(constraint, AnyAttr) or (
        isinstance(constraint, BaseAttr) and issubclass(constraint.attr, Data)
    )
