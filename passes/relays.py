"""Compute units that pass tokens on, so that fewer links end at a reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from xdsl.dialects.builtin import IndexType
from xdsl.ir import Block

from spatial_opt.dialects.spatial import PcuOp, PmuOp, ReadOp, ReceiveOp, SendOp, StageOp
from spatial_opt.passes.link_ends import End, LinkEnds
from spatial_opt.passes.solvers.relay_counts import DIRECT, RELAYED


@dataclass(frozen=True)
class Turn:
    """A port that sends some of the tokens that a reader takes in each period."""

    source: End
    window: tuple[int, int]
    """Numbers of its first token and of the one behind its last."""


def pass_on(
    pmu: PmuOp, read: ReadOp, ends: LinkEnds, turns: Sequence[Turn], rounds: int
) -> tuple[list[Turn], list[PcuOp]]:
    """
    Let relays pass on what parts of a memory give in turn; gives the turns of the relays.

    `turns` are more than one relay takes, follow one another, and come round `rounds` times an
    activation. The links from the memory tell kind and depth of those to the relays. The relays are
    to be put where the memory stands.
    """
    built: list[PcuOp] = []
    link = ends.out_of[pmu.sym_name.data, read.port_names[0]][0]
    kind, depth = link.kind.data, link.depth.value.data
    while True:
        count = ceil(len(turns) / RELAYED)
        passed: list[Turn] = []
        for number in range(count):
            group = turns[len(turns) * number // count : len(turns) * (number + 1) // count]
            low, high = group[0].window[0], group[-1].window[1]
            relay = _relay(f"{pmu.sym_name.data}.relay{len(built)}", read, rounds, high - low)
            relay.location = pmu.location
            built.append(relay)
            into, out = (relay.sym_name.data, "in"), (relay.sym_name.data, "out")
            for turn in group:
                window = turn.window[0] - low, turn.window[1] - low
                of = high - low if rounds > 1 else None
                ends.join(turn.source, into, kind, depth, window, of)
            passed.append(Turn(out, (low, high)))
        if count <= DIRECT:
            return passed, built
        turns = passed


def _relay(name: str, read: ReadOp, rounds: int, count: int) -> PcuOp:
    """Give the compute unit that passes on `count` tokens in each of so many rounds."""
    body = Block(arg_types=[IndexType()] * 2)
    received = ReceiveOp("in", read.type_)
    received.result.name_hint = "v"
    body.add_ops([received, StageOp(0), SendOp("out", received.result)])
    for counter, hint in zip(body.args, ("round", "token"), strict=True):
        counter.name_hint = hint
    return PcuOp(name, [rounds, count], body)
