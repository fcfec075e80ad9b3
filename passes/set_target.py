"""Choose the machine to compile for."""

from dataclasses import dataclass, replace
from typing import Self

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass
from xdsl.utils.arg_spec import ArgSpec

from spatial_opt.dialects.target import set_target
from spatial_opt.machine.description import Machine
from spatial_opt.machine.load import load_machine, machine_from_dict, machine_to_dict


@dataclass(frozen=True)
class SetTargetPass(ModulePass):
    """
    Write all figures of one machine into the module.

    From then on the module no longer depends on the description file: later passes and the
    timing model read the attribute, which may be edited by hand.

    ```mlir
    // before
    builtin.module {
    }
    // after, name=tiny
    builtin.module attributes {spatial.target = #spatial.target<{...}>} {
    }
    ```

    Requires: nothing. Leaves: everything else; an earlier target is replaced.
    Fails: `name` is neither a known machine nor a readable TOML file with all keys; `relax`
    names something that is not a limit.
    """

    name = "set-target"

    machine: str = "plasticine-rnn"
    """Option `name`: a known machine or the path of a TOML file."""
    relax: tuple[str, ...] = ()
    """Dotted keys of limits to report but not to enforce, e.g. "pmu.capacity_bytes"."""

    @classmethod
    def from_spec(cls, spec: ArgSpec) -> Self:
        """Build the pass from its options; `name` cannot be a field, being the pass's name."""
        renamed = {"machine" if k == "name" else k: v for k, v in spec.parameters.items()}
        if renamed.get("relax") == ():
            renamed.pop("relax")
        return super().from_spec(ArgSpec(spec.name, renamed))

    def spec(self, *, include_default: bool = False) -> ArgSpec:
        """Write the options as the command line expects them."""
        spec = super().spec(include_default=include_default)
        renamed = {"name" if k == "machine" else k: v for k, v in spec.parameters.items()}
        return ArgSpec(spec.name, renamed)

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Attach the machine to the module `op`."""
        set_target(op, relaxed(load_machine(self.machine), self.relax, self.name))


def relaxed(machine: Machine, limits: tuple[str, ...], origin: str) -> Machine:
    """
    Give the machine without some of its limits.

    `origin` starts the message of the `SpatialError` for what is not a limit.
    """
    # Rebuilding it checks that every relaxed key is a limit.
    return machine_from_dict(machine_to_dict(replace(machine, relaxed=limits)), origin)
