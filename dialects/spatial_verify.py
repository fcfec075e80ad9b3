"""Checks on a whole configuration: names, links, and the balance of tokens."""

from collections.abc import Sequence

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Attribute, Operation
from xdsl.utils.exceptions import VerifyException

from spatial_opt.dialects.pattern_syntax import element_type
from spatial_opt.dialects.spatial_access import element_bits, token_elements
from spatial_opt.dialects.spatial_attributes import InputInitAttr, ParameterInitAttr, TargetAttr
from spatial_opt.dialects.spatial_dram import AgOp, InputOp, OutputOp
from spatial_opt.dialects.spatial_memory import PmuOp
from spatial_opt.dialects.spatial_ports import Port, Process, links, processes, units
from spatial_opt.dialects.spatial_structure import ConfigOp, LinkOp
from spatial_opt.machine.description import Machine

PortTable = dict[tuple[str, str], tuple[Process, Port]]


def verify_config(config: Operation) -> None:
    """Check names, buffers, links and tokens; raises `VerifyException`."""
    if not isinstance(config, ConfigOp):
        raise RuntimeError(f"{config.name} is not a spatial.config; this is a bug")
    buffers = {
        op.sym_name.data: op for op in config.body.block.ops if isinstance(op, InputOp | OutputOp)
    }
    names = set(buffers)
    for unit in units(config):
        name = unit.sym_name.data
        if name in names:
            raise VerifyException(f"names must be unique in a configuration, @{name} occurs twice")
        names.add(name)
        if isinstance(unit, AgOp):
            _verify_buffer(unit, buffers.get(unit.buffer.root_reference.data))
    _verify_sources(config)
    table: PortTable = {}
    for process in processes(config):
        unit = process.unit.sym_name.data
        for port in process.ports:
            if (unit, port.name) in table:
                raise VerifyException(
                    f'port names must be unique, "{port.name}" occurs twice in @{unit}'
                )
            table[unit, port.name] = process, port
    machine = _machine(config)
    arriving: dict[tuple[str, str], list[LinkOp]] = {}
    for link in links(config):
        _verify_link(link, table, names, machine)
        arriving.setdefault(link.target, []).append(link)
    for end, (_, port) in table.items():
        if port.direction == "in":
            _verify_fed(end, port, arriving.get(end, ()))


def _machine(config: ConfigOp) -> Machine | None:
    op: Operation | None = config
    while op is not None:
        target = op.attributes.get("spatial.target")
        if isinstance(op, ModuleOp) and isinstance(target, TargetAttr):
            try:
                return target.machine
            except ValueError as error:
                raise VerifyException(f"spatial.target is not a machine: {error}") from error
        op = op.parent_op()
    return None


def _verify_sources(config: ConfigOp) -> None:
    """Check that all memories filled from one tensor, and its buffer, give it the same shape."""
    found: dict[tuple[str, str], tuple[tuple[int, ...], str]] = {}
    for op in config.body.block.ops:
        if isinstance(op, InputOp):
            name = op.sym_name.data
            found["input", name] = tuple(op.tensor.get_shape()), f"spatial.input @{name}"
    for unit in units(config):
        init = unit.init if isinstance(unit, PmuOp) else None
        if isinstance(init, ParameterInitAttr):
            source = "parameter", init.parameter.data
        elif isinstance(init, InputInitAttr):
            source = "input", init.input.data
        else:
            continue
        sizes, where = init.source_shape, f"@{unit.sym_name.data}"
        if sizes is None:
            continue
        first, place = found.setdefault(source, (sizes, where))
        if first != sizes:
            raise VerifyException(
                f'{source[0]} "{source[1]}" has the shape {list(first)} in {place} and '
                f"{list(sizes)} in {where}"
            )


def _verify_buffer(ag: AgOp, buffer: InputOp | OutputOp | None) -> None:
    name = ag.buffer.root_reference.data
    wanted = "input" if ag.direction.data == "loads" else "output"
    if buffer is None or isinstance(buffer, InputOp) != (wanted == "input"):
        raise VerifyException(
            f"@{ag.sym_name.data} {ag.direction.data} @{name}, which is not a spatial.{wanted}"
        )
    rank, given = buffer.tensor.get_num_dims(), len(ag.map.data.results)
    if rank != given:
        raise VerifyException(
            f"@{ag.sym_name.data} addresses @{name} of rank {rank} with rank {given}"
        )
    if buffer.tensor.element_type != element_type(ag.type_):
        raise VerifyException(
            f"@{ag.sym_name.data} {ag.direction.data} tokens of {element_type(ag.type_)}, "
            f"but @{name} is {buffer.tensor}"
        )


def _show(end: tuple[str, str]) -> str:
    return f"@{end[0]}::@{end[1]}"


def _verify_link(link: LinkOp, table: PortTable, names: set[str], machine: Machine | None) -> None:
    ends: list[tuple[Process, Port]] = []
    for end, direction in ((link.source, "out"), (link.target, "in")):
        found = table.get(end)
        if found is None:
            missing = "port" if end[0] in names else "unit"
            raise VerifyException(f"link to or from {_show(end)}: there is no such {missing}")
        if found[1].direction != direction:
            raise VerifyException(
                f"a link goes from an output to an input port, but {_show(end)} is an "
                f"{found[1].direction}put"
            )
        ends.append(found)
    (sender, out), (taker, into) = ends
    if out.type is not into.type and out.type != into.type:
        raise VerifyException(
            f"{_show(link.source)} sends {out.type or 'tokens'}, "
            f"but {_show(link.target)} takes {into.type or 'tokens'}"
        )
    wanted = link_kind(out.type)
    if link.kind.data != wanted:
        raise VerifyException(
            f"{_show(link.source)} sends {out.type or 'tokens'}, which takes a {wanted} link, "
            f"got {link.kind.data}"
        )
    if out.type is None:
        return
    if link.init.value.data:
        raise VerifyException(
            f"only token links start with tokens, got init {link.init.value.data} on "
            f"{_show(link.source)} to {_show(link.target)}"
        )
    _verify_payload(link, out.type, machine)
    _verify_balance(link, (sender, out), (taker, into))


def link_kind(type: Attribute | None) -> str:
    """The network that carries tokens of this type; None is a control token."""
    if type is None:
        return "token"
    return "vector" if token_elements(type) > 1 else "scalar"


def _verify_payload(link: LinkOp, type: Attribute, machine: Machine | None) -> None:
    if machine is None:
        return
    bits = element_bits(type) * token_elements(type)
    if link.kind.data == "vector" and bits > machine.vector_bits:
        raise VerifyException(
            f"a vector link carries {machine.vector_bits} bits (pcu.lanes = {machine.pcu.lanes} "
            f"of pcu.word_bits = {machine.pcu.word_bits}), but {_show(link.source)} sends "
            f"{type} of {bits} bits"
        )


def _verify_balance(
    link: LinkOp, sender: tuple[Process, Port], taker: tuple[Process, Port]
) -> None:
    """Tokens sent in the whole run are the tokens taken."""
    sent = sender[1].tokens_per_activation
    taken = taker[1].tokens_per_activation
    if link.window is not None:
        low, high = link.window.get_values()
        taken = high - low
    times_sent, times_taken = sender[0].activations, taker[0].activations
    every, hold = link.every.value.data, link.hold.value.data
    if sent * times_sent // every != taken * times_taken // hold:
        raise VerifyException(
            f"tokens must balance: {_show(link.source)} sends {sent} x {times_sent}"
            + (f" / {every}" if every > 1 else "")
            + f" (tokens x activations), {_show(link.target)} takes {taken} x {times_taken}"
            + (f" / {hold}" if hold > 1 else "")
            + ("" if link.window is None else f" in its window {link.window.get_values()}")
        )


def _verify_fed(end: tuple[str, str], port: Port, feeding: Sequence[LinkOp]) -> None:
    if not feeding:
        what = "waits for a token on" if port.kind == "token" else "receives from"
        raise VerifyException(f"@{end[0]} {what} {_show(end)}, but no link goes there")
    if len(feeding) == 1 and feeding[0].window is None:
        return
    if any(link.window is None for link in feeding):
        raise VerifyException(
            f"{len(feeding)} links go to {_show(end)}: only one may, unless all have windows"
        )
    tokens = port.tokens_per_activation
    reached = 0
    for low, high in sorted(link.window.get_values() for link in feeding if link.window):
        if low != reached:
            what = "overlap at" if low < reached else "leave out"
            raise VerifyException(
                f"the windows of {_show(end)} {what} token {min(low, reached)} of {tokens}"
            )
        reached = high
    if reached != tokens:
        raise VerifyException(
            f"the windows of {_show(end)} cover {reached} tokens, but it takes {tokens} "
            "per activation"
        )
