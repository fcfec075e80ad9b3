"""Sums of products by the labels of dimensions, as Einstein wrote them."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from xdsl.ir import SSAValue
from xdsl.ir.affine import AffineExpr

from spatial_opt.frontends.graph import scalars
from spatial_opt.frontends.graph.graph import Graph
from spatial_opt.frontends.graph.layout import reshape, transpose
from spatial_opt.frontends.graph.matrix import matmul
from spatial_opt.frontends.graph.tensor import Kind, Tensor
from spatial_opt.lowering.rnn.emitter import Dims, Emitter
from spatial_opt.machine.errors import SpatialError

Labels = Sequence[str]


def parse(equation: str, ranks: Sequence[int]) -> tuple[list[list[str]], list[str]]:
    """
    Return the labels of each operand's dimensions and of the result's.

    Dimensions that an ellipsis stands for are labelled from the right. Raises SpatialError for an
    equation that does not fit operands of these ranks.
    """
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(ranks):
        raise SpatialError(f"equation {equation!r} is not one of {len(ranks)} operands; correct it")
    named = [[*term.replace("...", "")] for term in terms]
    if not all(label.isalpha() for label in [*"".join(map("".join, named))]):
        raise SpatialError(f"equation {equation!r} has labels that are no letters; correct it")
    rest = [rank - len(labels) for rank, labels in zip(ranks, named, strict=True)]
    for term, more, rank in zip(terms, rest, ranks, strict=True):
        if more < 0 or (more and "..." not in term):
            raise SpatialError(
                f"{term!r} of {equation!r} does not label {rank} dimensions; correct it"
            )
    widest = max(rest)
    operands = [_labelled(term, widest, more) for term, more in zip(terms, rest, strict=True)]
    used = [label for labels in named for label in labels]
    if not arrow:
        once = sorted(label for label in set(used) if used.count(label) == 1)
        right = ("..." if widest else "") + "".join(once)
    result = _labelled(right, widest, widest)
    known = {label for labels in operands for label in labels}
    if not known.issuperset(result) or len(set(result)) != len(result):
        raise SpatialError(
            f"the result of {equation!r} has labels of no operand, or one twice; correct it"
        )
    return operands, result


def _labelled(term: str, widest: int, count: int) -> list[str]:
    """Write a label per dimension; those of an ellipsis are numbers."""
    before, ellipsis, after = term.partition("...")
    numbers = [str(n) for n in range(widest - count, widest)] if ellipsis else []
    return [*before, *numbers, *after]


def einsum(
    graph: Graph, name: str, operands: Sequence[Tensor], labels: Sequence[Labels], result: Labels
) -> Tensor:
    """Multiply elements of equal labels and sum over those that the result does not have."""
    extents = _extents(operands, labels)
    shape = tuple(extents[label] for label in result)
    if len(operands) == 2:
        product = _matrix_product(graph, name, operands, labels, result, extents)
        if product is not None:
            return product
    summed = [label for label in extents if label not in result]

    def term(deep: Emitter, indices: Sequence[SSAValue]) -> SSAValue:
        total: SSAValue | None = None
        for x, own in zip(operands, labels, strict=True):

            def access(i: Dims, x: Tensor = x, own: Labels = own) -> Sequence[AffineExpr | int]:
                place = dict(zip([*result, *summed], i, strict=True))
                return [0 if n == 1 else place[each] for each, n in zip(own, x.shape, strict=True)]

            value = graph.read(deep, x, indices, access)
            total = value if total is None else scalars.multiply(deep, total, value)
        assert total is not None
        return total

    def body(e: Emitter, indices: Sequence[SSAValue]) -> SSAValue:
        if not summed:
            return term(e, indices)

        def over(deep: Emitter, *more: SSAValue) -> list[SSAValue]:
            return [term(deep, [*indices, *more])]

        domain = [(f"k{n}", extents[label]) for n, label in enumerate(summed)]
        return e.reduction("add", domain, operands[0].kind.element, over)

    return graph.kernel(name, shape, operands[0].kind, body)


def _extents(operands: Sequence[Tensor], labels: Sequence[Labels]) -> dict[str, int]:
    found: dict[str, int] = {}
    for x, own in zip(operands, labels, strict=True):
        for label, extent in zip(own, x.shape, strict=True):
            known = found.get(label, 1)
            if 1 not in (known, extent) and known != extent:
                raise SpatialError(
                    f"dimensions labelled {label!r} have {known} and {extent} elements; give them "
                    "as many"
                )
            found[label] = max(known, extent)
    return found


def _matrix_product(
    graph: Graph,
    name: str,
    operands: Sequence[Tensor],
    labels: Sequence[Labels],
    result: Labels,
    extents: dict[str, int],
) -> Tensor | None:
    """Write a product with constant weights as a linear layer, which has a number format."""
    (x, w), (left, right) = operands, labels
    plain = all(
        len(set(own)) == len(own)
        and all(extents[n] == e for n, e in zip(own, t.shape, strict=True))
        for t, own in zip(operands, labels, strict=True)
    )
    if w.array is None or w.kind is not Kind.FLOAT or not plain:
        return None
    summed = [label for label in left if label in right]
    rows = [label for label in left if label not in right]
    columns = [label for label in right if label not in left]
    if not summed or set(result) != {*rows, *columns}:
        return None
    x = transpose(graph, f"{name}.left", x, [left.index(n) for n in [*rows, *summed]])
    w = transpose(graph, w.name, w, [right.index(n) for n in [*summed, *columns]])
    inner = prod(extents[n] for n in summed)
    x = reshape(graph, f"{name}.left", x, (x.size // inner, inner))
    w = reshape(graph, w.name, w, (inner, w.size // inner))
    found = matmul(graph, f"{name}.product", x, w)
    made = [*rows, *columns]
    found = reshape(graph, f"{name}.product", found, tuple(extents[n] for n in made))
    return transpose(graph, name, found, [made.index(n) for n in result])
