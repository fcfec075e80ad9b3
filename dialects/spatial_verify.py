"""Checks on a whole configuration: names, links, and the balance of tokens."""

from collections.abc import Sequence

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Attribute, Operation
from xdsl.utils.exceptions import VerifyException

from spatial_opt.dialects.pattern_syntax import element_type
from spatial_opt.dialects.spatial_access import element_bits, token_elements
from spatial_opt.dialects.spatial_attributes import InputInitAttr, TargetAttr, parameter_parts
from spatial_opt.dialects.spatial_dram import AgOp, DramOp, InputOp, OutputOp
from spatial_opt.dialects.spatial_links import LinkOp
from spatial_opt.dialects.spatial_ports import (
    Port,
    Process,
    holders,
    links,
    processes,
    units,
)
from spatial_opt.dialects.spatial_structure import ConfigOp
from spatial_opt.machine.description import Machine

PortTable = dict[tuple[str, str], tuple[Process, Port]]


def verify_config(config: Operation) -> None:
    """Check names, buffers, links and tokens; raises `VerifyException`."""
    if not isinstance(config, ConfigOp):
        raise RuntimeError(f"{config.name} is not a spatial.config; this is a bug")
    buffers: dict[str, InputOp | DramOp | OutputOp] = {}
    for op in config.body.block.ops:
        if isinstance(op, InputOp | DramOp | OutputOp):
            if op.sym_name.data in buffers:
                raise VerifyException(
                    f"names must be unique in a configuration, @{op.sym_name.data} occurs twice"
                )
            buffers[op.sym_name.data] = op
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
    kinds: dict[tuple[str, str], str] = {}
    for link in links(config):
        _verify_link(link, table, names, machine)
        arriving.setdefault(link.target, []).append(link)
        for end in (link.source, link.target):
            first = kinds.setdefault(end, link.kind.data)
            if first != link.kind.data:
                raise VerifyException(
                    f"all links of {_show(end)} are of one kind, got {first} and {link.kind.data}"
                )
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
    for unit in holders(config):
        sources = [
            (("parameter", part.parameter.data), part.source_shape)
            for part in parameter_parts(unit.init)
        ]
        if isinstance(unit.init, InputInitAttr):
            sources.append((("input", unit.init.input.data), unit.init.source_shape))
        for source, sizes in sources:
            where = f"@{unit.sym_name.data}"
            if sizes is None:
                continue
            first, place = found.setdefault(source, (sizes, where))
            if first != sizes:
                raise VerifyException(
                    f'{source[0]} "{source[1]}" has the shape {list(first)} in {place} and '
                    f"{list(sizes)} in {where}"
                )


def _verify_buffer(ag: AgOp, buffer: InputOp | DramOp | OutputOp | None) -> None:
    name = ag.buffer.root_reference.data
    loads = ag.direction.data == "loads"
    wanted = "spatial.input or spatial.dram" if loads else "spatial.output"
    if buffer is None or isinstance(buffer, OutputOp) == loads:
        raise VerifyException(
            f"@{ag.sym_name.data} {ag.direction.data} @{name}, which is not a {wanted}"
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
    _verify_kind(link, out.type, machine)
    if out.type is None:
        return
    if link.init.value.data:
        raise VerifyException(
            f"only token links start with tokens, got init {link.init.value.data} on "
            f"{_show(link.source)} to {_show(link.target)}"
        )
    _verify_balance(link, (sender, out), (taker, into))


def link_kind(type: Attribute | None, machine: Machine | None = None) -> str:
    """
    The network that carries tokens of this type; None is a control token.

    A scalar link also carries a packed vector that fits a word of the machine.
    """
    if type is None:
        return "token"
    if token_elements(type) == 1 or (machine is not None and _fits_word(type, machine)):
        return "scalar"
    return "vector"


def _fits_word(type: Attribute, machine: Machine) -> bool:
    return machine.pcu.packed and _bits(type) <= machine.pcu.word_bits


def _bits(type: Attribute) -> int:
    return element_bits(type) * token_elements(type)


def _verify_kind(link: LinkOp, type: Attribute | None, machine: Machine | None) -> None:
    """The link's kind suits the token; where a target is attached, the token fits."""
    wanted, got = link_kind(type), link.kind.data
    packed = type is not None and wanted == "vector" and got == "scalar"
    if got != wanted and not packed:
        raise VerifyException(
            f"{_show(link.source)} sends {type or 'tokens'}, which takes a {wanted} link, got {got}"
        )
    if type is None or machine is None:
        return
    sends = f"{_show(link.source)} sends {type} of {_bits(type)} bits"
    if packed and not machine.pcu.packed:
        raise VerifyException(
            f"{sends}, but a word of {machine.name} holds one value (pcu.packed = false); "
            "use a vector link"
        )
    if packed and not _fits_word(type, machine):
        raise VerifyException(
            f"a scalar link carries a word of {machine.pcu.word_bits} bits (pcu.word_bits), but "
            f"{sends}; use a vector link"
        )
    if got == "vector" and _bits(type) > machine.vector_bits:
        raise VerifyException(
            f"a vector link carries {machine.vector_bits} bits (pcu.lanes = {machine.pcu.lanes} "
            f"of pcu.word_bits = {machine.pcu.word_bits}), but {sends}"
        )


def _verify_balance(
    link: LinkOp, sender: tuple[Process, Port], taker: tuple[Process, Port]
) -> None:
    """Tokens sent in the whole run are the tokens taken."""
    sent = sender[1].tokens_per_activation
    wanted = taker[1].tokens_per_activation
    if wanted % link.period(wanted):
        raise VerifyException(
            f"the windows of {_show(link.target)} are of {link.period(wanted)} tokens, which "
            f"does not divide the {wanted} it takes per activation"
        )
    taken = link.tokens_brought(wanted)
    times_sent, times_taken = sender[0].activations, taker[0].activations
    every, hold = link.every.value.data, link.hold.value.data
    if sent * times_sent // every != taken * times_taken // hold:
        raise VerifyException(
            f"tokens must balance: {_show(link.source)} sends {sent} x {times_sent}"
            + (f" / {every}" if every > 1 else "")
            + f" (tokens x activations), {_show(link.target)} takes {taken} x {times_taken}"
            + (f" / {hold}" if hold > 1 else "")
            + ("" if link.span is None else f" in its window {link.span}")
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
    _verify_windows(end, port.tokens_per_activation, feeding)


def _verify_windows(end: tuple[str, str], taken: int, feeding: Sequence[LinkOp]) -> None:
    """The windows of a port come round together and cover each of its tokens once."""
    periods = {link.period(taken) for link in feeding}
    if len(periods) > 1:
        raise VerifyException(
            f"the windows of {_show(end)} come round together, got windows of "
            f"{' and of '.join(map(str, sorted(periods)))} tokens"
        )
    (period,) = periods
    reached = 0
    for low, high in sorted(link.span for link in feeding if link.span):
        if low != reached:
            what = "overlap at" if low < reached else "leave out"
            raise VerifyException(
                f"the windows of {_show(end)} {what} token {min(low, reached)} of {period}"
            )
        reached = high
    if reached != period:
        raise VerifyException(
            f"the windows of {_show(end)} cover {reached} tokens, but it takes {period} "
            + ("per activation" if period == taken else "each time they come round")
        )
