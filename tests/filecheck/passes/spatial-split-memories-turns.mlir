// RUN: spatial-opt %s -p "set-target{name=tiny},spatial-split-memories" --split-input-file | filecheck %s
// RUN: spatial-opt %s -p "set-target{name=tiny},spatial-split-memories,spatial-split-memories" --split-input-file | filecheck %s

// Read three times over: the parts take turns within each time.
// CHECK-LABEL: spatial.config @again {
// CHECK:         spatial.pmu @h.s0 holds tensor<2x30x4xf32> {{.*}} {
// CHECK-NEXT:      spatial.read @out port 0 counters (%j = 0 to 3, %k = 0 to 30) address [%t mod 2, %k, 0] : vector<4xf32>
// CHECK:         spatial.pmu @h.s1 holds tensor<2x30x4xf32> {{.*}} map affine_map<(d0, d1, d2) -> (d0, (d1 + 30), d2)> {
// CHECK:         spatial.link @h.s0::@out to @y.store::@data : vector depth 2 window (0, 30) of 60
// CHECK-NEXT:    spatial.link @h.s1::@out to @y.store::@data : vector depth 2 window (30, 60) of 60
spatial.config @again {
  spatial.output @y : tensor<3x180x4xf32>
  spatial.controller @time counters (%t = 0 to 3) {
    spatial.pmu @h holds tensor<2x60x4xf32> banked (4, 1) init parameter "h" [2, 60, 4] {
      spatial.read @out port 0 counters (%j = 0 to 3, %k = 0 to 60) address [%t mod 2, %k, 0] : vector<4xf32>
    }
    spatial.ag @y.store stores @y counters (%i = 0 to 180) address [%t, %i, 0] : vector<4xf32>
  }
  spatial.link @h::@out to @y.store::@data : vector depth 2
}

// -----

// It takes turns with others already: its parts share its turn, and hold all rows.
// CHECK-LABEL: spatial.config @turns {
// CHECK:         spatial.pmu @W.s0 holds tensor<20x3x4xf32>
// CHECK-NEXT:      spatial.read @out port 0 counters (%g = 0 to 20, %k = 0 to 3) address [%g, %k, 0] : vector<4xf32>
// CHECK:         spatial.pmu @W.s1 holds tensor<20x3x4xf32>
// CHECK-NOT:     spatial.pmu @W
// CHECK:         spatial.link @W.s0::@out to @y.store::@data : vector depth 2 window (2, 5) of 8
// CHECK-NEXT:    spatial.link @W.s1::@out to @y.store::@data : vector depth 2 window (5, 8) of 8
// CHECK-NEXT:    spatial.link @b::@out to @y.store::@data : vector depth 2 window (0, 2) of 8
spatial.config @turns {
  spatial.output @y : tensor<160x4xf32>
  spatial.pmu @W holds tensor<20x6x4xf32> banked (4, 1) init parameter "W" [20, 6, 4] {
    spatial.read @out port 0 counters (%g = 0 to 20, %k = 0 to 6) address [%g, %k, 0] : vector<4xf32>
  }
  spatial.pmu @b holds tensor<4xf32> banked (4, 1) init parameter "b" {
    spatial.read @out port 0 counters (%g = 0 to 20, %k = 0 to 2) address [0] : vector<4xf32>
  }
  spatial.ag @y.store stores @y counters (%i = 0 to 160) address [%i, 0] : vector<4xf32>
  spatial.link @W::@out to @y.store::@data : vector depth 2 window (2, 8) of 8
  spatial.link @b::@out to @y.store::@data : vector depth 2 window (0, 2) of 8
}
