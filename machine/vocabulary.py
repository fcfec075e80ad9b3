"""
The element types and operations that a machine description may name.

A machine that lists another could never use it, so such a name is a slip of the pen. The
dialects and the interpreter decide what there is; tests keep these lists equal to them.
"""

FORMATS = ("f32", "f16", "bf16", "f8E4M3FN", "f8E5M2", "i8", "i16", "i32", "i1", "index")
"""Element types of values, in MLIR's spelling."""

_ARITH = (
    *("addf", "subf", "mulf", "divf", "negf", "maximumf", "minimumf", "maxnumf", "minnumf"),
    *("addi", "subi", "muli", "maxsi", "minsi", "andi", "ori", "xori", "shli", "shrsi", "shrui"),
    *("cmpf", "cmpi", "select", "constant", "bitcast", "index_cast", "extf", "truncf"),
    *("extsi", "extui", "trunci", "sitofp", "uitofp", "fptosi"),
)
_MATH = ("absf", "floor", "ceil", "copysign", "sqrt")

OPERATIONS = (
    *(f"arith.{name}" for name in _ARITH),
    *(f"math.{name}" for name in _MATH),
    *("pattern.convert", "spatial.combine", "spatial.fold", "vector.broadcast"),
)
"""IR names of the operations that may stand in a stage of a compute unit."""
