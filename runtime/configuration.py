"""
From a placed and routed configuration to the network of processes that the time engines run.

Every memory stream, compute unit, address generator and controller becomes a process, every
link a channel; streams that share a port of a memory take turns through channels of their own.
Streams that stand outside a time loop but move one step's tokens per iteration of it (a value
that crosses the loop) are counted with that loop.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod

from xdsl.dialects.builtin import ModuleOp

from spatial_opt.dialects import spatial
from spatial_opt.dialects.spatial_lanes import fold_levels
from spatial_opt.dialects.spatial_ports import Port, links, port_table, processes
from spatial_opt.dialects.spatial_ports import Process as UnitProcess
from spatial_opt.dialects.target import target_of
from spatial_opt.machine.description import Machine
from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime.intervals import dram_interval, stream_interval
from spatial_opt.runtime.network import Channel, Network, Process
from spatial_opt.runtime.order import config_of, link_name, turns_of


def build_network(module: ModuleOp) -> Network:
    """
    Reduce the module's configuration to processes and channels.

    Raises SpatialError where the configuration is not staged, placed or routed yet.
    """
    return _Builder(config_of(module), target_of(module)).network()


def unit_latency(unit: spatial.PcuOp, machine: Machine) -> int:
    """
    Cycles from a firing of a compute unit to the sending of its results.

    Each stage takes the longest of its operations; a fold takes one stage latency for each level
    of its tree and one to accumulate (Zhao et al., MLSys 2019, section 4), or as long as the
    machine says a `spatial.fold` takes for each; where every lane accumulates for itself there is
    no tree. Reading, sending, widening and repeating ride along.
    """
    stages: list[int] = []
    for op in unit.body.block.ops:
        match op:
            case spatial.StageOp():
                stages.append(machine.pcu.stage_latency_cycles)
            case spatial.FoldOp() if stages:
                level = max(
                    machine.pcu.stage_latency_cycles, machine.op_latency_cycles.get(op.name, 1)
                )
                stages[-1] = max(stages[-1], (fold_levels(op) + 1) * level)
            case spatial.ReceiveOp() | spatial.SendOp() | spatial.RepeatOp():
                pass
            case _ if stages:
                stages[-1] = max(stages[-1], machine.op_latency(op.name))
            case _:
                pass
    if not stages:
        raise SpatialError(
            f"compute unit @{unit.sym_name.data} has no stages; run spatial-partition first"
        )
    return sum(stages)


class _Builder:
    def __init__(self, config: spatial.ConfigOp, machine: Machine) -> None:
        self.config = config
        self.machine = machine
        self.units = processes(config)
        self.index = {process.name: n for n, process in enumerate(self.units)}
        self.table = port_table(config)
        self.generators = sum(1 for p in self.units if p.kind in ("load", "store"))
        self.loops: list[int] = []
        self.loop_of: dict[spatial.ControllerOp, int] = {}
        for process in self.units:
            unit = process.unit
            if isinstance(unit, spatial.ControllerOp) and not process.controllers:
                trips = prod(unit.bounds.get_values())
                if trips > 1:
                    self.loop_of[unit] = len(self.loops)
                    self.loops.append(trips)

    def network(self) -> Network:
        found = [self._process(process) for process in self.units]
        channels = [self._channel(link) for link in links(self.config)]
        for channel in channels:
            if channel.kind != "token":
                self._attach(found, channel.src, channel.dst)
                self._attach(found, channel.dst, channel.src)
        network = Network(found, [*channels, *self._turns()], self.loops)
        network.validate()
        return network

    def _process(self, process: UnitProcess) -> Process:
        unit = process.unit
        outermost = process.controllers[0] if process.controllers else None
        loop_id = self.loop_of.get(outermost) if outermost is not None else None
        loop, firings = process.activations, process.firings
        if isinstance(unit, spatial.ControllerOp) and unit in self.loop_of:
            loop_id = self.loop_of[unit]
            loop, firings = self.loops[loop_id], 1
        interval: int | tuple[int, ...] = 1
        match process.kind:
            case "pcu":
                assert isinstance(unit, spatial.PcuOp)
                latency = unit_latency(unit, self.machine)
            case "read" | "gather":
                interval = stream_interval(process, self.machine)
                latency = self.machine.pmu.read_latency_cycles
            case "write":
                interval = stream_interval(process, self.machine)
                latency = self.machine.pmu.write_latency_cycles
            case "load" | "store":
                assert isinstance(unit, spatial.AgOp)
                interval = dram_interval(unit, self.machine, self.generators)
                latency = self.machine.dram.latency_cycles
            case "controller":
                latency = self.machine.controller.latency_cycles
        return Process(
            process.name,
            process.kind,
            loop,
            firings,
            interval,
            latency,
            unit.sym_name.data,
            loop_id,
            None if unit.at is None else (unit.at.get_values()[0], unit.at.get_values()[1]),
        )

    def _attach(self, found: list[Process], inside: int, outside: int) -> None:
        """Count a stream outside a loop, fed by or feeding one in it, as one run per step."""
        a, b = found[inside], found[outside]
        if a.loop_id is None or b.loop_id is not None:
            return
        trips = self.loops[a.loop_id]
        if b.loop == 1 and b.firings % trips == 0:
            found[outside] = replace(b, loop=trips, firings=b.firings // trips, loop_id=a.loop_id)

    def _end(self, end: tuple[str, str], link: spatial.LinkOp) -> tuple[UnitProcess, Port]:
        unit, port = end
        try:
            return self.table[unit, port]
        except KeyError:
            raise SpatialError(
                f"link {link_name(link)}: there is no port @{port} on a unit @{unit}"
            ) from None

    def _channel(self, link: spatial.LinkOp) -> Channel:
        src, src_port = self._end(link.source, link)
        dst, dst_port = self._end(link.target, link)
        if link.route is None:
            raise SpatialError(
                f"link {link_name(link)} has no route; run spatial-place and spatial-route first"
            )
        hops = len(link.route.get_values()) // 2
        every, hold = link.every.value.data, link.hold.value.data
        period = dst_port.period * hold
        lo, hi, cycle = 0, None, period
        if link.span is not None:
            lo, hi = (end * period for end in link.span)
            cycle = link.period(dst_port.tokens_per_activation) * dst_port.period
        kind = link.kind.data
        assert kind in ("vector", "scalar", "token")
        return Channel(
            link_name(link),
            kind,
            self.index[src.name],
            self.index[dst.name],
            hops,
            self.machine.network.hop_latency_cycles,
            self._places(link, src.kind, hops),
            link.init.value.data,
            src_port.period * every,
            src_port.period * (every - 1) + src_port.offset,
            period,
            dst_port.offset,
            lo,
            hi,
            dst_cycle=cycle,
        )

    def _places(self, link: spatial.LinkOp, source: str, hops: int) -> int:
        """Tokens that may be on a link: in its queue, in the switches, and asked of DRAM."""
        places = link.depth.value.data + self.machine.network.switch_buffer_tokens * hops
        return places + (self.machine.ag.outstanding_bursts if source == "load" else 0)

    def _turns(self) -> list[Channel]:
        """Let streams that share a port take turns, activation by activation, in text order."""
        shared: dict[tuple[str, str, int], list[UnitProcess]] = {}
        for process in self.units:
            if process.kind in ("read", "gather", "write"):
                direction = "write" if process.kind == "write" else "read"
                assert isinstance(process.op, spatial.ReadOp | spatial.GatherOp | spatial.WriteOp)
                key = (process.unit.sym_name.data, direction, process.op.port.value.data)
                shared.setdefault(key, []).append(process)
        found: list[Channel] = []
        for (unit, direction, port), streams in shared.items():
            name = f"turn of @{unit} {direction} port {port}"
            found += [self._turn(name, *turn) for turn in turns_of(streams)]
        return found

    def _turn(self, name: str, stream: UnitProcess, behind: UnitProcess, initial: int) -> Channel:
        """Let a stream pass its port on: after each activation, or after a loop's worth of them."""
        together = min(stream.activations, behind.activations)
        sent = stream.firings * (stream.activations // together)
        taken = behind.firings * (behind.activations // together)
        return Channel(
            f"{name}: {stream.name} to {behind.name}",
            "token",
            self.index[stream.name],
            self.index[behind.name],
            initial=initial,
            src_period=sent,
            src_offset=sent - 1,
            dst_period=taken,
            dst_cycle=taken,
            latency=1,
        )
