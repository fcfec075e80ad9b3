"""The machine a module is compiled for, kept in the module attribute `spatial.target`."""

from xdsl.dialects.builtin import ModuleOp

from spatial_opt.dialects.spatial_attributes import TargetAttr
from spatial_opt.machine.description import Machine
from spatial_opt.machine.errors import SpatialError

TARGET = "spatial.target"
"""Name of the module attribute."""


def target_of(module: ModuleOp) -> Machine:
    """
    Give the machine the module is compiled for.

    Raises `SpatialError` naming the pass to run when the module has none.
    """
    target = module.attributes.get(TARGET)
    if isinstance(target, TargetAttr):
        return target.machine
    name = f"module @{module.sym_name.data}" if module.sym_name else "the module"
    if target is not None:
        raise SpatialError(
            f"the attribute {TARGET} of {name} is {target}, which is not a machine; "
            "run set-target{name=...} first"
        )
    raise SpatialError(f"{name} has no target; run set-target{{name=...}} first")


def set_target(module: ModuleOp, machine: Machine) -> None:
    """Compile the module for `machine` from now on."""
    module.attributes[TARGET] = TargetAttr.from_machine(machine)


def has_target(module: ModuleOp) -> bool:
    """Tell whether the module is compiled for a machine already."""
    return isinstance(module.attributes.get(TARGET), TargetAttr)
