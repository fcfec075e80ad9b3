// RUN: not spatial-opt %s -p "set-target{name=tiny},spatial-stream-weights" 2>&1 | filecheck %s
// RUN: not spatial-opt %s -p "set-target{name=tiny},spatial-stream-weights{weights=dram}" 2>&1 | filecheck %s --check-prefix=DRAM
// RUN: not spatial-opt %s -p "set-target{name=tiny},spatial-stream-weights{weights=resident},spatial-split-memories" 2>&1 | filecheck %s --check-prefix=RESIDENT
// RUN: not spatial-opt %s -p "set-target{name=tiny},spatial-stream-weights{weights=some}" 2>&1 | filecheck %s --check-prefix=OPTION

// The tokens of @W are sums over a window that slides: they can't be parts in turn.
// CHECK: error: spatial-stream-weights: weights need 10.26 kB in 11 of 11 memory units (10.26 kB in all), tiny has 8 (8.19 kB), short by 2.06 kB and 3 units; largest users: @W (11 units, 10.26 kB); relax pmu.capacity_bytes or use fewer bits; no memory holds weights that could be streamed; @W cannot be, for its tokens have elements in common
// DRAM: error: spatial-stream-weights: weights=dram, but no memory can be streamed; @W cannot be, for its tokens have elements in common
// RESIDENT: error: spatial-split-memories: @W holds 10256 bytes, a memory unit of tiny has 1024 (pmu.capacity_bytes), and it can't be split because its outermost counter reads the same elements again; use fewer bits or a higher par factor, or relax pmu.capacity_bytes
// OPTION: error: spatial-stream-weights: option 'weights' takes one of auto, resident, dram, got some
spatial.config @sliding {
  spatial.output @y : tensor<2560x4xf32>
  spatial.pmu @W holds tensor<2564xf32> banked (4, 1) init parameter "W" [2564] {
    spatial.read @out port 0 counters (%j = 0 to 2560) address [%j] : vector<4xf32>
  }
  spatial.ag @y.store stores @y counters (%j = 0 to 2560) address [%j, 0] : vector<4xf32>
  spatial.link @W::@out to @y.store::@data : vector depth 2
}
