// RUN: spatial-opt %s -p "set-target{name=tiny},spatial-stream-weights" --split-input-file | filecheck %s
// RUN: spatial-opt %s -p "set-target{name=tiny},spatial-stream-weights,spatial-stream-weights" --split-input-file | filecheck %s
// RUN: spatial-opt %s -p "set-target{name=tiny},spatial-stream-weights{weights=resident}" --split-input-file | filecheck %s --check-prefix=STAY
// RUN: spatial-opt %s -p "set-target{name=tiny relax=pmu.capacity_bytes},spatial-stream-weights" --split-input-file | filecheck %s --check-prefix=STAY
// RUN: spatial-opt %s -p "set-target{name=tiny},spatial-stream-weights{weights=dram}" --split-input-file | filecheck %s --check-prefix=DRAM
// RUN: spatial-opt %s -p "set-target{name=tiny},spatial-stream-weights{weights=dram},spatial-stream-weights{weights=dram}" --split-input-file | filecheck %s --check-prefix=DRAM

// Ten units of 1024 bytes, of which eight are there: they give 8 of every 10 vectors, by relays.
// CHECK-LABEL: spatial.config @relayed {
// CHECK-NEXT:    spatial.output @y : tensor<640x4xf32>
// CHECK-NEXT:    spatial.dram @W.dram holds tensor<64x8xf32> init parameter "W" [640, 4] map affine_map<(d0, d1) -> (((d0 * 10) + ((d1 floordiv 4) + 8)), (d1 mod 4))>
// CHECK-NEXT:    spatial.pmu @W.s0 holds tensor<64x4xf32> banked (4, 1) init parameter "W" [640, 4] map affine_map<(d0, d1) -> ((d0 * 10), d1)> {
// CHECK-NEXT:      spatial.read @out port 0 counters (%round = 0 to 64, %token = 0 to 1) address [%round, 4 * %token] : vector<4xf32>
// CHECK:         spatial.pmu @W.s7 {{.*}} map affine_map<(d0, d1) -> (((d0 * 10) + 7), d1)> {
// CHECK-NOT:     spatial.pmu
// CHECK:         spatial.pcu @W.relay0 counters (%round = 0 to 64, %token = 0 to 4) {
// CHECK-NEXT:      [[v:%.+]] = spatial.receive "in" : vector<4xf32>
// CHECK-NEXT:      spatial.stage 0
// CHECK-NEXT:      spatial.send "out" [[v]] : vector<4xf32>
// CHECK:         spatial.pcu @W.relay1 counters (%round = 0 to 64, %token = 0 to 4) {
// CHECK:         spatial.ag @W.load loads @W.dram counters (%round = 0 to 64, %token = 0 to 2) address [%round, 4 * %token] : vector<4xf32>
// CHECK:         spatial.link @W.relay0::@out to @y.store::@data : vector depth 2 window (0, 4) of 10
// CHECK-NEXT:    spatial.link @W.relay1::@out to @y.store::@data : vector depth 2 window (4, 8) of 10
// CHECK-NEXT:    spatial.link @W.load::@data to @y.store::@data : vector depth 2 window (8, 10) of 10
// CHECK-NEXT:    spatial.link @W.s0::@out to @W.relay0::@in : vector depth 2 window (0, 1) of 4
// CHECK:         spatial.link @W.s7::@out to @W.relay1::@in : vector depth 2 window (3, 4) of 4

// The whole memory is loaded anew; tokens keep their order, so the link takes no window.
// DRAM-LABEL:  spatial.config @relayed {
// DRAM-NEXT:     spatial.output @y : tensor<640x4xf32>
// DRAM-NEXT:     spatial.dram @W.dram holds tensor<2560xf32> init parameter "W" [640, 4] map affine_map<(d0) -> ((d0 floordiv 4), (d0 mod 4))>
// DRAM-NEXT:     spatial.ag @W.load loads @W.dram counters (%token = 0 to 640) address [4 * %token] : vector<4xf32>
// DRAM-NOT:      spatial.pmu
// DRAM:          spatial.link @W.load::@data to @y.store::@data : vector depth 2{{$}}

// STAY-LABEL:  spatial.config @relayed {
// STAY-NEXT:     spatial.output
// STAY-NEXT:     spatial.pmu @W holds tensor<640x4xf32> banked (4, 1) init parameter "W" [640, 4] {
// STAY-NEXT:       spatial.read @out port 0 counters (%j = 0 to 640) address [%j, 0] : vector<4xf32>
// STAY-NOT:      spatial.dram
// STAY:          spatial.link @W::@out to @y.store::@data : vector depth 2{{$}}
spatial.config @relayed {
  spatial.output @y : tensor<640x4xf32>
  spatial.pmu @W holds tensor<640x4xf32> banked (4, 1) init parameter "W" [640, 4] {
    spatial.read @out port 0 counters (%j = 0 to 640) address [%j, 0] : vector<4xf32>
  }
  spatial.ag @y.store stores @y counters (%j = 0 to 640) address [%j, 0] : vector<4xf32>
  spatial.link @W::@out to @y.store::@data : vector depth 2
}

// -----

// Three memories of 3 units each lack one. A sum of parameters, read twice in each of 5 steps by two
// units, keeps 8 of every 12 vectors in two units; what is no parameter stays.
// CHECK-LABEL: spatial.config @shared {
// CHECK:         spatial.dram @W.dram holds tensor<16x16xf32> init parameter "W" [192, 4] map affine_map<(d0, d1) -> (((d0 * 12) + ((d1 floordiv 4) + 8)), (d1 mod 4))> plus parameter "V" [192, 4] map
// CHECK:           spatial.pmu @W.s0 holds
// CHECK-NEXT:        spatial.read @out port 0 counters (%again = 0 to 2, %round = 0 to 16, %token = 0 to 4) address [%round, 4 * %token] : vector<4xf32>
// CHECK:           spatial.pmu @W.s1 holds
// CHECK:           spatial.ag @W.load loads @W.dram counters (%again = 0 to 2, %round = 0 to 16, %token = 0 to 4) address [%round, 4 * %token] : vector<4xf32>
// CHECK:         spatial.pmu @A holds tensor<192x4xf32>
// CHECK:         spatial.pmu @B holds tensor<192x4xf32>
// CHECK:         spatial.link @W.s0::@out to @first::@in : vector depth 2 window (0, 4) of 12
// CHECK-NEXT:    spatial.link @W.s1::@out to @first::@in : vector depth 2 window (4, 8) of 12
// CHECK-NEXT:    spatial.link @W.load::@data to @first::@in : vector depth 2 window (8, 12) of 12
// CHECK-NEXT:    spatial.link @W.s0::@out to @second::@in : vector depth 2 window (0, 4) of 12

// Both units read what is loaded, twice in each step.
// DRAM-LABEL:  spatial.config @shared {
// DRAM-NEXT:     spatial.dram @W.dram holds tensor<768xf32> init parameter "W" [192, 4] map affine_map<(d0) -> ((d0 floordiv 4), (d0 mod 4))> plus parameter "V" [192, 4] map affine_map<(d0) -> ((d0 floordiv 4), (d0 mod 4))>
// DRAM-NEXT:     spatial.controller @steps
// DRAM-NEXT:       spatial.ag @W.load loads @W.dram counters (%again = 0 to 2, %token = 0 to 192) address [4 * %token] : vector<4xf32>
// DRAM-NOT:        spatial.pmu @W
// DRAM:          spatial.link @W.load::@data to @first::@in : vector depth 2{{$}}
// DRAM-NEXT:     spatial.link @W.load::@data to @second::@in : vector depth 2{{$}}

// STAY-LABEL:  spatial.config @shared {
// STAY:            spatial.pmu @W holds tensor<192x4xf32> banked (4, 1) init parameter "W" [192, 4] plus parameter "V" [192, 4] {
// STAY-NOT:      spatial.dram
spatial.config @shared {
  spatial.controller @steps counters (%t = 0 to 5) {
    spatial.pmu @W holds tensor<192x4xf32> banked (4, 1) init parameter "W" [192, 4] plus parameter "V" [192, 4] {
      spatial.read @out port 0 counters (%again = 0 to 2, %j = 0 to 192) address [%j, 0] : vector<4xf32>
    }
    spatial.pcu @first counters (%again = 0 to 2, %j = 0 to 192) {
      %v = spatial.receive "in" : vector<4xf32>
    }
    spatial.pcu @second counters (%n = 0 to 384) {
      %v = spatial.receive "in" : vector<4xf32>
    }
  }
  spatial.pmu @A holds tensor<192x4xf32> banked (4, 1) init zero {
  }
  spatial.pmu @B holds tensor<192x4xf32> banked (4, 1) init zero {
  }
  spatial.link @W::@out to @first::@in : vector depth 2
  spatial.link @W::@out to @second::@in : vector depth 2
}

// -----

// All fits: only weights=dram loads it.
// CHECK-LABEL: spatial.config @fits {
// CHECK-NEXT:    spatial.output
// CHECK-NEXT:    spatial.pmu @W holds tensor<512x4xf32>
// CHECK-NOT:     spatial.dram
// CHECK:         spatial.link @W::@out to @y.store::@data : vector depth 2{{$}}

// DRAM-LABEL:  spatial.config @fits {
// DRAM-NEXT:     spatial.output
// DRAM-NEXT:     spatial.dram @W.dram holds tensor<2048xf32> init parameter "W" map affine_map<(d0) -> ((d0 floordiv 4), (d0 mod 4))>
// DRAM-NEXT:     spatial.ag @W.load loads @W.dram counters (%token = 0 to 512) address [4 * %token] : vector<4xf32>
// DRAM-NOT:      spatial.pmu
// DRAM:          spatial.link @W.load::@data to @y.store::@data : vector depth 2{{$}}

// STAY-LABEL:  spatial.config @fits {
// STAY-NEXT:     spatial.output
// STAY-NEXT:     spatial.pmu @W holds tensor<512x4xf32>
// STAY-NOT:      spatial.dram
// STAY:          spatial.link @W::@out to @y.store::@data : vector depth 2{{$}}
spatial.config @fits {
  spatial.output @y : tensor<512x4xf32>
  spatial.pmu @W holds tensor<512x4xf32> banked (4, 1) init parameter "W" {
    spatial.read @out port 0 counters (%j = 0 to 512) address [%j, 0] : vector<4xf32>
  }
  spatial.ag @y.store stores @y counters (%j = 0 to 512) address [%j, 0] : vector<4xf32>
  spatial.link @W::@out to @y.store::@data : vector depth 2
}
