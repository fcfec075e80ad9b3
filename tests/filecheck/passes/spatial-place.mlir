// RUN: spatial-opt %s -p "set-target{name=tiny},spatial-place" | filecheck %s
// RUN: spatial-opt %s -p "set-target{name=tiny},spatial-place,spatial-place{seed=7}" | filecheck %s
// RUN: spatial-opt %s -p "set-target{name=tiny},spatial-place" | spatial-opt -p spatial-place | filecheck %s
// RUN: not spatial-opt %s -p "spatial-place" 2>&1 | filecheck %s --check-prefix=TARGET
// RUN: not spatial-opt %s -p "set-target{name=plasticine-rnn},spatial-place" 2>&1 | filecheck %s --check-prefix=KIND
// RUN: not spatial-opt %s -p "set-target{name=tiny},spatial-place{seed=-1}" 2>&1 | filecheck %s --check-prefix=SEED

// @a and @q have one nearest free site each, all else is given.

// CHECK-LABEL: spatial.config @main {
// CHECK:         spatial.controller @outer at (2, 2) {
// CHECK-NEXT:      spatial.pmu @a at (0, 1) holds
// CHECK:         spatial.pcu @p at (0, 0) counters
// CHECK:         spatial.pcu @q at (0, 2) counters
// CHECK:         spatial.pmu @b at (0, 3) holds
// CHECK:         spatial.link @a::@out to @p::@v : vector depth 2
// CHECK-NOT:     via

// TARGET: no target; run set-target{name=...} first
// KIND:   @p is a pcu, but plasticine-rnn has a pmu at (0, 0); move it, or remove its position and run spatial-place
// SEED:   seed must be 0 or more, got -1

builtin.module {
  spatial.config @main {
    spatial.controller @outer at (2, 2) {
      spatial.pmu @a holds tensor<16xf32> banked (4, 1) init zero {
        spatial.read @out port 0 counters (%i = 0 to 4) address [4 * %i] : vector<4xf32>
      }
    }
    spatial.pcu @p at (0, 0) counters (%i = 0 to 4) {
      %v = spatial.receive "v" : vector<4xf32>
    }
    spatial.pcu @q counters (%i = 0 to 4) {
      %v = spatial.receive "v" : vector<4xf32>
      spatial.send "out" %v : vector<4xf32>
    }
    spatial.pmu @b at (0, 3) holds tensor<16xf32> banked (4, 1) init zero {
      spatial.write @in ports ["in"] port 0 counters (%i = 0 to 4) address [4 * %i] : vector<4xf32>
    }
    spatial.link @a::@out to @p::@v : vector depth 2
    spatial.link @a::@out to @q::@v : vector depth 2
    spatial.link @q::@out to @b::@in : vector depth 2
  }
}
