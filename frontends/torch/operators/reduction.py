"""Operators that combine elements along dimensions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from spatial_opt.frontends.graph import scalars
from spatial_opt.frontends.graph.elementwise import elementwise
from spatial_opt.frontends.graph.normalization import (
    batch_normalize,
    group_normalize,
    normalize,
    variance,
)
from spatial_opt.frontends.graph.reduction import (
    combine,
    log_sum_exp,
    mean,
    norm,
    softmax,
)
from spatial_opt.frontends.graph.tensor import Kind, Tensor
from spatial_opt.frontends.torch.call import Call, Handler


def _reduce(reduction: Callable[..., Tensor], integers: bool = False) -> Handler:
    def handle(call: Call) -> Tensor:
        x = call.tensor("self")
        if call.has("dtype"):
            x = call.to_dtype(x)
        if x.kind is Kind.BOOLEAN or not integers:
            x = call.as_kind(x, Kind.INTEGER if integers else Kind.FLOAT)
        return reduction(call.graph, call.name, x, _axes(call, x), keep=_keep(call))

    return handle


def _axes(call: Call, x: Tensor) -> list[int]:
    return call.axes("dim", x.rank) if call.has("dim") else list(range(x.rank))


def _keep(call: Call) -> bool:
    return call.has("keepdim") and bool(call.value("keepdim"))


def _extremum(kind: str, *, places: bool = True) -> Handler:
    """Give values; the overload along a dimension has `places` as second result, not computed."""

    def handle(call: Call) -> Tensor | list[Tensor]:
        x = call.tensor("self")
        if call.has("other"):
            operands = call.promoted(x, call.tensor("other"))
            function = scalars.maximum if kind == "max" else scalars.minimum
            return elementwise(call.graph, call.name, function, operands)
        numbers = call.as_kind(x, Kind.INTEGER) if x.kind is Kind.BOOLEAN else x
        axes, keep = _axes(call, x), _keep(call)
        found = combine(call.graph, call.name, numbers, axes, kind, keep=keep)
        found = call.as_kind(found, x.kind)
        return [found] if places and call.has("keepdim") else found

    return handle


def _any(kind: str) -> Handler:
    def handle(call: Call) -> Tensor:
        x = call.as_kind(call.as_kind(call.tensor("self"), Kind.BOOLEAN), Kind.INTEGER)
        found = combine(call.graph, call.name, x, _axes(call, x), kind, keep=_keep(call))
        return call.as_kind(found, Kind.BOOLEAN)

    return handle


def _batch_norm(call: Call) -> list[Tensor]:
    call.ignore("momentum")
    x, epsilon = call.floats("input"), call.number("eps", 1e-5)
    names = ("weight", "bias", "running_mean", "running_var")
    arrays = [None if (t := call.optional_floats(n)) is None else call.known(t) for n in names]
    scale, bias, average, variance = arrays
    assert average is not None
    assert variance is not None
    found = batch_normalize(call.graph, call.name, x, epsilon, scale, bias, average, variance)
    return [found]


def _softmax(logarithm: bool) -> Handler:
    def handle(call: Call) -> Tensor:
        call.ignore("dtype", "half_to_float")
        x = call.floats("self")
        axes = [call.axis(call.integer("dim"), x.rank)]
        return softmax(call.graph, call.name, x, axes, logarithm=logarithm)

    return handle


def _layer_norm(call: Call) -> Tensor:
    call.ignore("cudnn_enable")
    x, sizes = call.floats("input"), call.integers("normalized_shape") or []
    axes = list(range(x.rank - len(sizes), x.rank))
    weight, bias = call.optional_floats("weight"), call.optional_floats("bias")
    epsilon = call.number("eps", 1e-5)
    return normalize(call.graph, call.name, x, axes, epsilon, weight, bias)[0]


def _variance(root: bool) -> Handler:
    def handle(call: Call) -> Tensor:
        x, axes = call.floats("self"), _axes(call, call.tensor("self"))
        if call.has("unbiased"):
            correction = float(bool(call.value("unbiased")))
        else:
            correction = call.number("correction", 1.0)
        return variance(call.graph, call.name, x, axes, correction, root=root, keep=_keep(call))

    return handle


def _instance_norm(call: Call) -> Tensor:
    call.ignore("momentum", "cudnn_enabled", "running_mean", "running_var")
    if not bool(call.value("use_input_stats")):
        call.refuse("it takes running statistics; use batch_norm")
    x = call.floats("input")
    scale, bias = (call.optional_floats(given) for given in ("weight", "bias"))
    epsilon = call.number("eps", 1e-5)
    return group_normalize(call.graph, call.name, x, x.shape[1], epsilon, scale, bias)


def _group_norm(call: Call) -> Tensor:
    call.ignore("cudnn_enabled")
    x, groups = call.floats("input"), call.integer("num_groups")
    scale, bias = (call.optional_floats(given) for given in ("weight", "bias"))
    epsilon = call.number("eps", 1e-5)
    return group_normalize(call.graph, call.name, x, groups, epsilon, scale, bias)


_SUM = partial(combine, kind="add")

REDUCTION: Mapping[str, Handler] = {
    "sum": _reduce(_SUM, integers=True),
    "mean": _reduce(mean),
    "prod": _reduce(partial(combine, kind="mul"), integers=True),
    "amax": _extremum("max", places=False),
    "amin": _extremum("min", places=False),
    "any": _any("max"),
    "all": _any("min"),
    "max": _extremum("max"),
    "min": _extremum("min"),
    "logsumexp": _reduce(log_sum_exp),
    "linalg_vector_norm": _reduce(norm),
    "softmax": _softmax(False),
    "_softmax": _softmax(False),
    "log_softmax": _softmax(True),
    "_log_softmax": _softmax(True),
    "layer_norm": _layer_norm,
    "group_norm": _group_norm,
    "instance_norm": _instance_norm,
    "var": _variance(root=False),
    "std": _variance(root=True),
    "_native_batch_norm_legit_no_training": _batch_norm,
}
"""Handlers by operator, without the name of the overload."""
