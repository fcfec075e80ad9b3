// RUN: spatial-opt %s -p 'set-target{name=tiny},spatial-stream-weights{weights=dram}' | filecheck %s
// RUN: spatial-opt %s -p 'set-target{name=tiny},spatial-stream-weights' | filecheck %s --check-prefix STAYS
// RUN: spatial-opt %s -p 'set-target{name=tiny},spatial-stream-weights{weights=resident}' | filecheck %s --check-prefix STAYS
// RUN: spatial-opt %s -p 'set-target{name=tiny},spatial-stream-weights{weights=dram},spatial-stream-weights{weights=dram}' | filecheck %s

// The whole memory is loaded anew; tokens keep their order, so the link takes no window.
// CHECK:      spatial.output @y : tensor<128x4xf32>
// CHECK-NEXT: spatial.dram @W.dram holds tensor<512xf32> init parameter "W"{{.*}} map affine_map<(d0) -> ((d0 floordiv 4), (d0 mod 4))>
// CHECK-NEXT: spatial.ag @W.load loads @W.dram counters ([[t:%.+]] = 0 to 128) address [4 * [[t]]] : vector<4xf32>
// CHECK-NOT:  spatial.pmu
// CHECK:      spatial.link @W.load::@data to @y.store::@data : vector depth 2

// What fits stays, and so does everything where weights are resident.
// STAYS-NOT:  spatial.dram
// STAYS:      spatial.pmu @W holds tensor<128x4xf32> banked (4, 1) init parameter "W"
// STAYS:      spatial.link @W::@out to @y.store::@data : vector depth 2

spatial.config @main {
  spatial.output @y : tensor<128x4xf32>
  spatial.pmu @W holds tensor<128x4xf32> banked (4, 1) init parameter "W" {
    spatial.read @out port 0 counters (%j = 0 to 128) address [%j, 0] : vector<4xf32>
  }
  spatial.ag @y.store stores @y counters (%j = 0 to 128) address [%j, 0] : vector<4xf32>
  spatial.link @W::@out to @y.store::@data : vector depth 2
}
