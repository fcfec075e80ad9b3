// RUN: spatial-opt %s -p "set-target{name=tiny}" | filecheck %s
// RUN: spatial-opt %s -p "set-target{name=tiny},set-target" | filecheck %s --check-prefix=AGAIN
// RUN: spatial-opt %s -p "set-target{name=tiny relax=pmu.capacity_bytes,pmu.banks}" | filecheck %s --check-prefix=RELAX
// RUN: spatial-opt %s -p "set-target{name=tiny}" | spatial-opt | filecheck %s
// RUN: not spatial-opt %s -p "set-target{name=plasticine-rn}" 2>&1 | filecheck %s --check-prefix=UNKNOWN
// RUN: not spatial-opt %s -p "set-target{name=%S/none.toml}" 2>&1 | filecheck %s --check-prefix=FILE
// RUN: not spatial-opt %s -p "set-target{relax=pmu.capacity}" 2>&1 | filecheck %s --check-prefix=LIMIT
// RUN: not spatial-opt %s -p "set-target{relax=name}" 2>&1 | filecheck %s --check-prefix=NOLIMIT

builtin.module attributes {my.other = 1 : i64} {
  func.func @main() {
    func.return
  }
}

// CHECK:      builtin.module attributes {my.other = 1 : i64, spatial.target = #spatial.target<{
// CHECK-SAME: name = "tiny"
// CHECK-SAME: pcu.lanes = 4 : i64
// CHECK-NEXT:   func.func @main() {

// AGAIN-NOT:  "tiny"
// AGAIN:      name = "plasticine-rnn"
// AGAIN-SAME: grid.rows = 24 : i64

// RELAX: relaxed = ["pmu.capacity_bytes", "pmu.banks"]

// UNKNOWN: spatial-opt: error: set-target: unknown machine 'plasticine-rn', did you mean 'plasticine-rnn'?; known machines are plasticine-isca17, plasticine-rnn, tiny, or give the path of a .toml file

// FILE: spatial-opt: error: set-target: cannot read machine file {{.*}}/none.toml: No such file or directory

// LIMIT: spatial-opt: error: set-target: cannot relax 'pmu.capacity', which names no limit, did you mean 'pmu.capacity_bytes'?

// NOLIMIT: spatial-opt: error: set-target: cannot relax 'name', which names no limit
