"""Every operator that is read, with the values of PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest
from torch_values import Function, check, nn, numbers, of_two, torch

from spatial_opt.frontends.torch.table import HANDLERS

F: Any = nn.functional
X, Y = numbers(3, 5), numbers(3, 5, seed=1)
POSITIVE = numbers(3, 5).abs() + 0.1
INTEGERS = torch.arange(-7, 8).reshape(3, 5)
OTHERS = torch.tensor([[2, -3, 0, 1, 5]])
TRUTH, OTHER_TRUTH = X > 0, Y > 0


def assigned(x: Any) -> Any:
    y = x * 2
    y[:, 1] = 0
    y[1:2] = x[:1]
    return y


def without_gradient(x: Any) -> Any:
    with torch.no_grad():
        return x + 1


OF_ONE: dict[str, Callable[[Any], Any]] = {
    "exp": torch.exp,
    "expm1": torch.expm1,
    "erf": torch.erf,
    "floor": lambda x: torch.floor(x * 3),
    "ceil": lambda x: torch.ceil(x * 3),
    "round": lambda x: torch.round(x * 2),
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "silu": F.silu,
    "mish": F.mish,
    "hardsigmoid": F.hardsigmoid,
    "hardswish": lambda x: F.hardswish(3 * x),
    "log_sigmoid": F.logsigmoid,
    "square": torch.square,
    "abs": torch.abs,
    "neg": torch.neg,
    "sign": torch.sign,
    "relu": F.relu,
    "relu6": lambda x: F.relu6(5 * x),
    "hardtanh": lambda x: F.hardtanh(x, -0.5, 0.25),
    "leaky_relu": lambda x: F.leaky_relu(x, 0.2),
    "elu": lambda x: F.elu(x, 0.7),
    "selu": F.selu,
    "celu": lambda x: F.celu(x, 0.7),
    "prelu": lambda x: F.prelu(x, torch.tensor([0.3])),
    "prelu of channels": lambda x: F.prelu(x.reshape(1, 3, 5), torch.tensor([0.3, 0.1, -0.2])),
    "glu": lambda x: F.glu(x[:, :4]),
    "softplus": F.softplus,
    "softplus with beta": lambda x: F.softplus(x, 2.0),
    "gelu": F.gelu,
    "gelu by tanh": lambda x: F.gelu(x, approximate="tanh"),
    "in place": lambda x: torch.clone(x).relu_().add_(1).mul_(2),
    "pow": lambda x: x**3,
    "pow zero": lambda x: x**0,
    "pow of a number": lambda x: 2.0**x,
    "rsub": lambda x: 1.5 - x,
    "alpha": lambda x: torch.add(x, x[:1], alpha=2.5),
    "number": lambda x: (x + 2) * 3 / 4 - 0.5,
    "dropout": lambda x: F.dropout(x, 0.5, training=False),
    "clone": lambda x: torch.clone(x).contiguous().detach(),
    "clamp": lambda x: torch.clamp(x, -0.3, 0.4),
    "clamp_min": lambda x: torch.clamp_min(x, 0.1),
    "clamp_max": lambda x: torch.clamp_max(x, 0.1),
    "clamp rows": lambda x: torch.clamp(x, min=x[0], max=x[0] + 0.5),
    "masked_fill": lambda x: x.masked_fill(x > 0, -2.0),
    "where": lambda x: torch.where(x > 0, x, 7.0),
    "to integers": lambda x: (3 * x).to(torch.int64),
    "to truth": lambda x: torch.relu(x).to(torch.bool),
    "to double": lambda x: x.to(torch.float64),
    "view": lambda x: x.view(-1, 3),
    "reshape": lambda x: x.reshape(5, 1, 3),
    "flatten": lambda x: x.reshape(3, 5, 1).flatten(0, 1),
    "unflatten": lambda x: x.unflatten(1, (1, -1)),
    "squeeze": lambda x: x[None].squeeze(),
    "squeeze one": lambda x: x[None].squeeze(0),
    "unsqueeze": lambda x: x.unsqueeze(-1),
    "permute": lambda x: x[None].permute(2, 0, 1),
    "transpose": lambda x: x.transpose(0, 1),
    "t": lambda x: x.t(),
    "mT": lambda x: x.mT,
    "movedim": lambda x: x[None].movedim(0, 2),
    "expand": lambda x: x[:, None].expand(-1, 4, 5),
    "expand_as": lambda x: x[:1].expand_as(x),
    "view_as": lambda x: x.view_as(x.reshape(5, 3)),
    "repeat": lambda x: x.repeat(2, 1, 3),
    "cat": lambda x: torch.cat([x, 2 * x, torch.zeros(3, 1)], -1),
    "stack": lambda x: torch.stack([x, 2 * x], 1),
    "slice": lambda x: x[1:, :-1:2],
    "select": lambda x: x[:, -2],
    "narrow": lambda x: x.narrow(1, 2, 2),
    "split": lambda x: torch.split(x, 2, 1),
    "split_with_sizes": lambda x: torch.split(x, [1, 4], 1),
    "chunk": lambda x: torch.chunk(x, 2, 1),
    "unbind": lambda x: torch.unbind(x, 0),
    "flip": lambda x: torch.flip(x, [1]),
    "index_select": lambda x: torch.index_select(x, 1, torch.tensor([4, 0, 0, 2])),
    "index": lambda x: x[:, [3, 1]],
    "pad": lambda x: F.pad(x, (2, 1, 0, 3)),
    "select_scatter": lambda x: torch.select_scatter(x, x[:, 0], 1, 3),
    "slice_scatter": lambda x: torch.slice_scatter(x, x[:1] + 1, 0, 1, 2),
    "assigned": assigned,
    "zeros_like": lambda x: torch.cat([torch.zeros_like(x), x.new_ones(3, 2)], 1) + x[:, :1],
    "sum": lambda x: x.sum(1),
    "sum of all": lambda x: x.sum(),
    "mean": lambda x: x.mean((0, 1), keepdim=True),
    "prod": lambda x: x.prod(1),
    "amax": lambda x: x.amax(0),
    "amin": lambda x: x.amin(1, keepdim=True),
    "max": lambda x: x.max(),
    "max along": lambda x: x.max(1).values,
    "max of two": lambda x: torch.max(x, -x),
    "min": lambda x: torch.min(x),
    "any": lambda x: (x > 1).any(1),
    "all": lambda x: (x > -1).all(),
    "logsumexp": lambda x: x.logsumexp(1),
    "norm": lambda x: torch.linalg.vector_norm(x, dim=1),
    "softmax": lambda x: x.softmax(-1),
    "log_softmax": lambda x: x.log_softmax(0),
    "matmul": lambda x: x @ x.t(),
    "mv": lambda x: torch.mv(x, x[0]),
    "dot": lambda x: torch.dot(x[0], x[1]),
    "addmm": lambda x: torch.addmm(x[:, :3], x, x.t()),
    "bmm": lambda x: torch.bmm(x[None], x.t()[None]),
    "baddbmm": lambda x: torch.baddbmm(x[None, :, :3], x[None], x.t()[None]),
    "no_grad": without_gradient,
    "input": lambda x: x,
    "input twice": lambda x: (x, x + 1, x),
    "nested": lambda x: {"a": x + 1, "b": [x - 1, None, (x * 2,)]},
    "number beside": lambda x: (x + 1, 3),
    "type_as": lambda x: (x > 0).type_as(x),
    "var": lambda x: x.var(1),
    "std": lambda x: x.std((0, 1), unbiased=False, keepdim=True),
    "instance_norm": lambda x: F.instance_norm(x[None]),
    "pad with a number": lambda x: F.pad(x, (2, -1, 0, 1), value=-1.5),
    "pad by reflection": lambda x: F.pad(x[None], (2, 1), mode="reflect"),
    "pad by the last one": lambda x: F.pad(x[None], (2, 1), mode="replicate"),
    "pad by the other end": lambda x: F.pad(x[None], (2, 1), mode="circular"),
    "max_pool1d": lambda x: F.max_pool1d(x, 2),
    "max_pool1d with all": lambda x: F.max_pool1d(x[None] - 9, 3, 2, 1, ceil_mode=True),
    "max_pool2d": lambda x: F.max_pool2d(x[None, None], (2, 3), 1, (1, 0)),
    "avg_pool1d": lambda x: F.avg_pool1d(x[None], 3, 2, 1, True),
    "avg_pool1d without zeros": lambda x: F.avg_pool1d(x[None], 3, 2, 1, False, False),
    "avg_pool2d": lambda x: F.avg_pool2d(x[None], 2),
    "adaptive_avg_pool1d": lambda x: F.adaptive_avg_pool1d(x[None, :, :4], 2),
    "adaptive_avg_pool2d": lambda x: F.adaptive_avg_pool2d(x[None], (None, 1)),
    "adaptive_max_pool1d": lambda x: F.adaptive_max_pool1d(x, 1),
}
"""Functions that have handlers of their own."""
DECOMPOSED: dict[str, Callable[[Any], Any]] = {
    "einsum": lambda x: torch.einsum("ij,kj->ik", x, x),
    "attention": lambda x: F.scaled_dot_product_attention(x[None], x[None] + 1, x[None]),
    "cosine_similarity": lambda x: F.cosine_similarity(x, x[:1], dim=1),
    "normalize": lambda x: F.normalize(x, dim=1),
    "rms_norm": lambda x: F.rms_norm(x, (5,)),
    "one_hot": lambda x: F.one_hot((x.abs() * 2).long(), 9),
    "softmin": lambda x: F.softmin(x, 1),
    "hardshrink": F.hardshrink,
    "softsign": F.softsign,
    "threshold": lambda x: F.threshold(x, 0.1, -2.0),
    "addcmul": lambda x: torch.addcmul(x, x, x + 1, value=0.5),
    "lerp": lambda x: torch.lerp(x, 2 - x, 0.3),
    "tril": lambda x: torch.tril(x[:, :3]),
    "roll": lambda x: x.roll(2, 1),
    "repeat_interleave": lambda x: x.repeat_interleave(2, 1),
    "interpolate": lambda x: F.interpolate(x[None], scale_factor=2),
    "logaddexp": lambda x: torch.logaddexp(x, -x),
    "conv3d": lambda x: F.conv3d(x[None, None, None], torch.ones(2, 1, 1, 2, 2)),
}
"""Functions that torch itself writes by those that have handlers."""
OF_TWO: dict[str, Callable[[Any, Any], Any]] = {
    "add": torch.add,
    "sub": torch.sub,
    "mul": torch.mul,
    "div": lambda a, b: a / (b + 0.25),
    "maximum": torch.maximum,
    "minimum": torch.minimum,
    "lt": torch.lt,
    "le": torch.le,
    "gt": torch.gt,
    "ge": torch.ge,
    "eq": torch.eq,
    "ne": torch.ne,
}


def all_of(functions: Iterable[Callable[..., Any]]) -> Any:
    """Return a module that gives what all functions do: one export for many takes less time."""
    listed = list(functions)

    def apply(*args: Any) -> list[Any]:
        return [function(*args) for function in listed]

    return Function(apply)


@pytest.mark.parametrize("first", range(0, len(OF_ONE), 16))
def test_functions_of_one(first: int):
    check(all_of(list(OF_ONE.values())[first : first + 16]), X)


@pytest.mark.parametrize("first", range(0, len(DECOMPOSED), 6))
def test_functions_that_torch_decomposes(first: int):
    check(all_of(list(DECOMPOSED.values())[first : first + 6]), X)


def test_functions_of_positive_numbers():
    functions: list[Callable[[Any], Any]] = [
        torch.log,
        torch.log1p,
        torch.log2,
        torch.log10,
        torch.sqrt,
        torch.rsqrt,
        torch.reciprocal,
        lambda x: x**-1.5,
        lambda x: x**-2,
        lambda x: x**0.5,
    ]
    check(all_of(functions), POSITIVE)


@pytest.mark.parametrize(
    "operands", [(X, Y[:1]), (INTEGERS, OTHERS), (INTEGERS, Y)], ids=["floats", "integers", "mixed"]
)
def test_functions_of_two(operands: tuple[Any, Any]):
    check(all_of(OF_TWO.values()), *operands)


def test_truth_values():
    functions: list[Callable[[Any, Any], Any]] = [
        torch.logical_and,
        torch.logical_or,
        torch.logical_xor,
        torch.eq,
        torch.ne,
        torch.lt,
        lambda a, b: ~a & b | a,
        lambda a, b: torch.cat([a, b], 1),
        lambda a, b: torch.where(a, b, ~b),
        lambda a, b: (a.sum(1), b.any(), b.amax(0), a.to(torch.float32) - b.float()),
        lambda a, _: torch.logical_not(a),
        lambda a, b: (a * b, a + b, torch.maximum(a, b), torch.minimum(a, b)),
    ]
    check(all_of(functions), TRUTH, OTHER_TRUTH)


def test_integers():
    functions: list[Callable[[Any], Any]] = [
        lambda x: x + 0.5,
        lambda x: x**3,
        lambda x: x.clamp(-2.5, 3),
        lambda x: x.clamp(max=4),
        lambda x: x.sum(0),
        lambda x: x.sum(0, dtype=torch.float32),
        lambda x: x.max(1).values,
        lambda x: x.abs() * x.sign(),
        F.relu,
        lambda x: x.float().mean(),
        lambda x: torch.zeros_like(x, dtype=torch.float32) + 0.5 + x[:1],
        lambda x: torch.cat([x, X], 0),
        lambda x: F.pad(x, (0, 1)),
    ]
    check(all_of(functions), INTEGERS)


@pytest.mark.parametrize(
    ("module", "shape"),
    [
        (nn.Linear(5, 4), (3, 5)),
        (nn.Linear(5, 4, bias=False), (2, 3, 5)),
        (nn.Linear(5, 1), (5,)),
        (nn.Conv1d(5, 4, 3), (2, 5, 7)),
        (nn.Conv1d(5, 4, 3, padding=1, stride=2, bias=False), (2, 5, 7)),
        (nn.Conv1d(4, 6, 2, padding="same", dilation=3, groups=2), (1, 4, 7)),
        (nn.Conv1d(4, 4, 3, padding="valid", groups=4), (1, 4, 5)),
        (nn.Conv1d(5, 3, 1), (5, 4)),
        (nn.Conv2d(2, 3, (2, 3), padding=(1, 0)), (2, 2, 4, 5)),
        (nn.LayerNorm(5), (3, 5)),
        (nn.LayerNorm((3, 5), elementwise_affine=False), (2, 3, 5)),
        (nn.GroupNorm(2, 4), (2, 4, 5)),
        (nn.BatchNorm1d(5), (3, 5)),
        (nn.BatchNorm1d(5, affine=False), (2, 5, 3)),
        (nn.TransformerEncoderLayer(4, 2, 8, batch_first=True), (1, 3, 4)),
        (nn.Sequential(nn.Dropout(), nn.ReLU(inplace=True), nn.Softmax(-1)), (3, 5)),
    ],
)
def test_modules(module: Any, shape: tuple[int, ...]):
    for number, buffer in enumerate(module.buffers()):
        if buffer.dtype.is_floating_point:
            buffer.copy_(numbers(*buffer.shape, seed=number).abs() + 0.5)
    for number, parameter in enumerate(module.parameters()):
        parameter.data = numbers(*parameter.shape, seed=number)
    check(module, numbers(*shape))


@pytest.mark.parametrize("shape", [(), (4,), (2, 3)])
def test_embedding(shape: tuple[int, ...]):
    places = np.random.default_rng(0).integers(0, 9, shape)
    check(nn.Embedding(9, 4, padding_idx=0), torch.as_tensor(places))


def test_a_tensor_without_dimensions_is_taken_and_given():
    check(of_two(lambda x, y: (x * y, x + 1)), torch.tensor(2.5), X)


def test_parameters_and_constants_are_given():
    module = of_two(lambda x, w: (w, x + w, torch.arange(4)), w=nn.Parameter(numbers(3, 5)))
    check(module, X)


def test_every_handler_is_named_once():
    """Names that torch does not have would never be reached."""
    known = {name for name in HANDLERS if hasattr(torch.ops.aten, name)}
    assert known == set(HANDLERS)
