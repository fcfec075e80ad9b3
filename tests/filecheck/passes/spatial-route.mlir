// RUN: spatial-opt %s -p "set-target{name=tiny},spatial-route" | filecheck %s
// RUN: spatial-opt %s -p "set-target{name=tiny},spatial-route,spatial-route" | filecheck %s
// RUN: spatial-opt %s -p "set-target{name=tiny},spatial-route" | spatial-opt -p spatial-route | filecheck %s
// RUN: spatial-opt %s -p "set-target{name=tiny},spatial-route{keep=false}" | filecheck %s --check-prefix=AGAIN
// RUN: not spatial-opt %s -p "spatial-route" 2>&1 | filecheck %s --check-prefix=TARGET

// CHECK-LABEL: spatial.config @main {
// CHECK:         spatial.pmu @a at (0, 1) holds
// A route that is there stays, and its other sink joins it.
// CHECK:         spatial.link @a::@out to @p::@v : vector depth 2 via [(0, 1), (1, 1), (1, 0), (0, 0)]
// CHECK-NEXT:    spatial.link @a::@out to @r::@v : vector depth 2 via [(0, 1), (1, 1)]
// CHECK-NEXT:    spatial.link @a::@out to @q2::@v : vector depth 2 via [(0, 1), (0, 2)]
// CHECK-NEXT:    spatial.link @q::@out to @a::@go : token depth 1 via [(0, 2), (0, 1)]

// AGAIN:         spatial.link @a::@out to @p::@v : vector depth 2 via [(0, 1), (0, 0)]
// AGAIN-NEXT:    spatial.link @a::@out to @r::@v : vector depth 2 via [(0, 1), (1, 1)]

// TARGET: no target; run set-target{name=...} first

builtin.module {
  spatial.config @main {
    spatial.pmu @a at (0, 1) holds tensor<16xf32> banked (4, 1) init zero {
      spatial.read @out port 0 counters (%i = 0 to 4) address [4 * %i] waits ["go"] : vector<4xf32>
    }
    spatial.pcu @p at (0, 0) counters (%i = 0 to 4) {
      %v = spatial.receive "v" : vector<4xf32>
    }
    spatial.pcu @r at (1, 1) counters (%i = 0 to 4) {
      %v = spatial.receive "v" : vector<4xf32>
    }
    spatial.controller @q at (0, 2) signals ["out"] {
      spatial.pcu @q2 at (0, 2) counters (%i = 0 to 4) {
        %v = spatial.receive "v" : vector<4xf32>
      }
    }
    spatial.link @a::@out to @p::@v : vector depth 2 via [(0, 1), (1, 1), (1, 0), (0, 0)]
    spatial.link @a::@out to @r::@v : vector depth 2
    spatial.link @a::@out to @q2::@v : vector depth 2
    spatial.link @q::@out to @a::@go : token depth 1
  }
}
