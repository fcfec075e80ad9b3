// RUN: spatial-opt %s -p "set-target{name=tiny},spatial-split-memories" --split-input-file | filecheck %s
// RUN: spatial-opt %s -p "set-target{name=tiny},spatial-split-memories,spatial-split-memories" --split-input-file | filecheck %s
// RUN: spatial-opt %s -p "set-target{name=tiny relax=pmu.capacity_bytes},spatial-split-memories" --split-input-file | filecheck %s --check-prefix=RELAX

// 2 x 40 rows of 48 bytes: 21 rows fit 1024 bytes; each outer iteration in two parts.
// CHECK-LABEL: spatial.config @rows {
// CHECK:         spatial.pmu @W.s0 holds tensor<1x20x12xf32> banked (4, 1) init parameter "W" [2, 160, 19] scale 4.0 map affine_map<(d0, d1, d2) -> (d0, (d1 * 4), (d2 + 7))> {
// CHECK-NEXT:      spatial.read @out port 0 counters (%j = 0 to 20, %k = 0 to 3) address [0, %j, 4 * %k] waits ["go"] : vector<4xf32>
// CHECK:         spatial.pmu @W.s1 {{.*}} map affine_map<(d0, d1, d2) -> (d0, ((d1 * 4) + 80), (d2 + 7))> {
// CHECK:         spatial.pmu @W.s2 {{.*}} map affine_map<(d0, d1, d2) -> ((d0 + 1), (d1 * 4), (d2 + 7))> {
// CHECK:         spatial.pmu @W.s3 {{.*}} map affine_map<(d0, d1, d2) -> ((d0 + 1), ((d1 * 4) + 80), (d2 + 7))> {
// CHECK-NOT:     spatial.pmu
// CHECK:         spatial.link @W.s0::@out to @y.store::@data : vector depth 2 window (0, 60)
// CHECK-NEXT:    spatial.link @W.s1::@out to @y.store::@data : vector depth 2 window (60, 120)
// CHECK-NEXT:    spatial.link @W.s2::@out to @y.store::@data : vector depth 2 window (120, 180)
// CHECK-NEXT:    spatial.link @W.s3::@out to @y.store::@data : vector depth 2 window (180, 240)
// CHECK-NEXT:    spatial.link @y.store::@done to @W.s0::@go : token depth 1 init 1
// CHECK-NEXT:    spatial.link @y.store::@done to @W.s1::@go : token depth 1 init 1
// CHECK-NEXT:    spatial.link @y.store::@done to @W.s2::@go : token depth 1 init 1
// CHECK-NEXT:    spatial.link @y.store::@done to @W.s3::@go : token depth 1 init 1

// RELAX-LABEL: spatial.config @rows {
// RELAX:         spatial.pmu @W holds tensor<2x40x12xf32>
// RELAX-NOT:     window
spatial.config @rows {
  spatial.output @y : tensor<240x4xf32>
  spatial.controller @time counters (%t = 0 to 3) {
    spatial.pmu @W holds tensor<2x40x12xf32> banked (4, 1) init parameter "W" [2, 160, 19] scale 4.0 map affine_map<(d0, d1, d2) -> (d0, 4 * d1, d2 + 7)> {
      spatial.read @out port 0 counters (%g = 0 to 2, %j = 0 to 40, %k = 0 to 3) address [%g, %j, 4 * %k] waits ["go"] : vector<4xf32>
    }
    spatial.ag @y.store stores @y counters (%i = 0 to 240) address [%i, 0] signals ["done"] : vector<4xf32>
  }
  spatial.link @W::@out to @y.store::@data : vector depth 2
  spatial.link @y.store::@done to @W::@go : token depth 1 init 1
}

// -----

// 2 x 30 rows, of which a unit holds 21: three parts that go on from one outer iteration to the
// next; apart they would be four.
// CHECK-LABEL: spatial.config @joined {
// CHECK:         spatial.pmu @W.s0 holds tensor<20x12xf32> banked (4, 1) init parameter "W" map affine_map<(d0, d1) -> ((d0 floordiv 30), (d0 mod 30), d1)> {
// CHECK-NEXT:      spatial.read @out port 0 counters (%j = 0 to 20, %k = 0 to 3) address [%j, 4 * %k] : vector<4xf32>
// CHECK:         spatial.pmu @W.s1 {{.*}} map affine_map<(d0, d1) -> (((d0 + 20) floordiv 30), ((d0 + 20) mod 30), d1)> {
// CHECK:         spatial.pmu @W.s2 {{.*}} map affine_map<(d0, d1) -> (((d0 + 40) floordiv 30), ((d0 + 40) mod 30), d1)> {
// CHECK:         window (0, 60)
// CHECK:         window (60, 120)
// CHECK:         window (120, 180)
spatial.config @joined {
  spatial.output @y : tensor<180x4xf32>
  spatial.pmu @W holds tensor<2x30x12xf32> banked (4, 1) init parameter "W" {
    spatial.read @out port 0 counters (%g = 0 to 2, %j = 0 to 30, %k = 0 to 3) address [%g, %j, 4 * %k] : vector<4xf32>
  }
  spatial.ag @y.store stores @y counters (%i = 0 to 180) address [%i, 0] : vector<4xf32>
  spatial.link @W::@out to @y.store::@data : vector depth 2
}

// -----

// A memory that is written: each part keeps its own; a last part may be smaller.
// CHECK-LABEL: spatial.config @written {
// CHECK:         spatial.pmu @h.s0 holds tensor<148xf32> banked (4, 1) init zero {
// CHECK-NEXT:      spatial.write @in ports ["in"] port 0 counters (%i = 0 to 75) address [4 * %i] clip signals ["full"] : vector<4xf32>
// CHECK-NEXT:      spatial.read @out port 0 counters (%k = 0 to 37) address [4 * %k] waits ["start"] : vector<4xf32>
// CHECK:         spatial.pmu @h.s1 holds tensor<152xf32> banked (4, 1) init zero {
// CHECK-NEXT:      spatial.write @in ports ["in"] port 0 counters (%i = 0 to 75) address [4 * %i - 148] clip signals ["full"] : vector<4xf32>
// CHECK-NEXT:      spatial.read @out port 0 counters (%k = 0 to 38) address [4 * %k] waits ["start"] : vector<4xf32>
// CHECK:         spatial.link @x.load::@data to @h.s0::@in : vector depth 2
// CHECK-NEXT:    spatial.link @x.load::@data to @h.s1::@in : vector depth 2
// CHECK-NEXT:    spatial.link @h.s0::@full to @h.s0::@start : token depth 1
// CHECK-NEXT:    spatial.link @h.s1::@full to @h.s1::@start : token depth 1
// CHECK-NEXT:    spatial.link @h.s0::@out to @y.store::@data : vector depth 2 window (0, 37)
// CHECK-NEXT:    spatial.link @h.s1::@out to @y.store::@data : vector depth 2 window (37, 75)
spatial.config @written {
  spatial.input @x : tensor<300xf32>
  spatial.output @y : tensor<300xf32>
  spatial.ag @x.load loads @x counters (%i = 0 to 75) address [4 * %i] : vector<4xf32>
  spatial.pmu @h holds tensor<300xf32> banked (4, 1) init zero {
    spatial.write @in ports ["in"] port 0 counters (%i = 0 to 75) address [4 * %i] signals ["full"] : vector<4xf32>
    spatial.read @out port 0 counters (%k = 0 to 75) address [4 * %k] waits ["start"] : vector<4xf32>
  }
  spatial.ag @y.store stores @y counters (%i = 0 to 75) address [4 * %i] : vector<4xf32>
  spatial.link @x.load::@data to @h::@in : vector depth 2
  spatial.link @h::@full to @h::@start : token depth 1
  spatial.link @h::@out to @y.store::@data : vector depth 2
}

// -----

// CHECK-LABEL: spatial.config @small {
// CHECK:         spatial.pmu @b holds tensor<256xf32>
// CHECK-NOT:     window
spatial.config @small {
  spatial.output @y : tensor<256xf32>
  spatial.pmu @b holds tensor<256xf32> banked (4, 1) init parameter "b" {
    spatial.read @out port 0 counters (%i = 0 to 256) address [%i] : f32
  }
  spatial.ag @y.store stores @y counters (%i = 0 to 256) address [%i] : f32
  spatial.link @b::@out to @y.store::@data : scalar depth 2
}
