"""
An oracle for who wrote what is read: isl's value-based flow on memory.

isl gets the accesses of a program as statements, the memory they touch and the schedule, and
nothing else: it knows neither values nor copies. What copies and scans move is then followed to
what they read. Tensors need distinct names.
"""

from collections.abc import Collection

import islpy as isl
from xdsl.dialects.builtin import ModuleOp, StringAttr
from xdsl.ir import SSAValue

from spatial_opt.dialects.pattern import MapOp, ReadOp
from spatial_opt.dialects.pattern_interface import main_function
from spatial_opt.passes.copies.eliminate import copies_of
from spatial_opt.passes.copies.views import splat_of
from spatial_opt.passes.polyhedral.accesses import Access, Kind, accesses, shape_of
from spatial_opt.passes.polyhedral.spaces import box, chosen, related

NOTHING = isl.UnionMap("{ }")


def tag_reads(module: ModuleOp, copies: Collection[SSAValue]) -> None:
    """Give every read that does not stand in a copy a name that rewriting keeps."""
    for number, op in enumerate(module.walk()):
        if isinstance(op, ReadOp) and not any(
            result in copies for result in getattr(op.parent_op(), "results", ())
        ):
            op.attributes["tag"] = StringAttr(f"read {number}")


def memory_flow(module: ModuleOp) -> dict[str, isl.UnionMap]:
    """Return, for each tagged read and each result, the instances that computed its elements."""
    found = accesses(module)
    copies = {copy.value for copy in copies_of(main_function(module))}
    length = max(len(access.when) for access in found)
    writes = sinks = schedule = follow = NOTHING
    moved = NOTHING.domain()
    for number, access in enumerate(found):
        who = _who(number, access)
        relation = _between(access.relation, who, _memory(access.tensor))
        if access.kind is Kind.WRITE:
            writes = writes.union(relation)
            if access.tensor in copies:
                moved = moved.union(relation.domain())
            for read_number, read in enumerate(found):
                if _moves(access, read, copies):
                    follow = follow.union(_same(access, who, read, _who(read_number, read)))
        else:
            sinks = sinks.union(relation)
        schedule = schedule.union(_padded(access.schedule, length, who))
    for tensor in {access.tensor for access in found if _is_outside(access.tensor, found)}:
        points = box(shape_of(tensor))
        rank = len(shape_of(tensor))
        who, instances = f"outside {_memory(tensor)}", points
        own = related(chosen(rank, range(rank)), points)
        if splat_of(tensor) is not None:
            # All elements are written at once: which of equal constants it is does not matter.
            who, instances = "constant", box(())
            own = isl.Map.from_domain_and_range(instances, points)
        writes = writes.union(_between(own, who, _memory(tensor)))
        first = isl.Map.from_domain_and_range(instances, isl.Set("{ [-1] }"))
        schedule = schedule.union(_padded(first, length, who))
    info = isl.UnionAccessInfo.from_sink(sinks).set_must_source(writes)
    last = info.set_schedule_map(schedule).compute_flow().get_must_dependence().reverse()
    # What a copy writes where it reads nothing is zero.
    zeros = moved.subtract(follow.domain())
    origins: dict[str, isl.UnionMap] = {}
    for number, access in enumerate(found):
        tag = _tag(access, found)
        if tag is not None:
            points, who = access.relation.domain(), _who(number, access)
            mine = points.set_tuple_name(who).to_union_set()
            computed = _chase(last.intersect_domain(mine), follow, last).subtract_range(zeros)
            named = points.identity().set_tuple_name(isl.dim_type.out, who)
            seen = named.to_union_map().apply_range(computed)
            origins[tag] = origins.get(tag, NOTHING).union(seen)
    return origins


def _chase(current: isl.UnionMap, follow: isl.UnionMap, last: isl.UnionMap) -> isl.UnionMap:
    computed = NOTHING
    while not current.is_empty():
        moved = current.intersect_range(follow.domain())
        computed = computed.union(current.subtract(moved))
        current = moved.apply_range(follow).apply_range(last)
    return computed


def _who(number: int, access: Access) -> str:
    """Return the name of a statement; writers keep theirs when others come and go."""
    return (
        f"write {_memory(access.tensor)} {access.statement.split(' ')[-1]}"
        if (access.kind is Kind.WRITE)
        else f"read {number}"
    )


def _memory(tensor: SSAValue) -> str:
    return f"memory {tensor.name_hint}"


def _between(relation: isl.Map, who: str, memory: str) -> isl.UnionMap:
    named = relation.set_tuple_name(isl.dim_type.in_, who)
    return named.set_tuple_name(isl.dim_type.out, memory).to_union_map()


def _padded(schedule: isl.Map, length: int, who: str) -> isl.UnionMap:
    dims = schedule.dim(isl.dim_type.out)
    padded = schedule.add_dims(isl.dim_type.out, length - dims)
    for dim in range(dims, length):
        padded = padded.fix_val(isl.dim_type.out, dim, 0)
    return padded.set_tuple_name(isl.dim_type.in_, who).to_union_map()


def _moves(write: Access, read: Access, copies: set[SSAValue]) -> bool:
    """Return whether a write gets its element from a read."""
    if read.kind is Kind.WRITE:
        return False
    if isinstance(write.op, MapOp):
        return write.tensor in copies and read.op.parent_op() is write.op
    return read.op is write.op and read.statement == write.statement


def _same(write: Access, who: str, read: Access, reader: str) -> isl.UnionMap:
    """Relate the instances of a write to those of its read."""
    points = write.relation.domain().intersect(read.relation.domain())
    same = points.identity().set_tuple_name(isl.dim_type.in_, who)
    return same.set_tuple_name(isl.dim_type.out, reader).to_union_map()


def _is_outside(tensor: SSAValue, found: list[Access]) -> bool:
    return not any(a.kind is Kind.WRITE and a.tensor is tensor for a in found)


def _tag(access: Access, found: list[Access]) -> str | None:
    tag = access.op.attributes.get("tag")
    if isinstance(tag, StringAttr):
        return tag.data
    if access.statement == "return":
        others = [other for other in found if other.statement == "return"]
        return f"return {others.index(access)}"
    return None
