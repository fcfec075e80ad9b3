// RUN: spatial-opt %s | filecheck %s
// RUN: spatial-opt %s | spatial-opt | filecheck %s

// CHECK-LABEL: spatial.config @dots {
// CHECK-NEXT: spatial.input @x : tensor<25x1x512xf8E4M3FN> scale 8.0
// CHECK-NEXT: spatial.output @y : tensor<25x128xf32>
// CHECK-NEXT: spatial.controller @scan at (3, 2) counters ([[t:%.+]] = 0 to 25) waits ["again"] signals ["go"] {
// CHECK-NEXT:   spatial.ag @x.load at (2, -1) loads @x counters (%i = 0 to 8) address {{\[}}[[t]], 0, 64 * %i] : vector<64xf8E4M3FN>
// CHECK-NEXT:   spatial.pmu @h.0 at (1, 0) holds tensor<2x512xf8E4M3FN> banked (16, 1) init zero {
// CHECK-NEXT:     spatial.write @in ports ["in"] port 0 counters (%i = 0 to 8) address {{\[}}([[t]] + 1) mod 2, 64 * %i - 64] clip signals ["full"] : vector<64xf8E4M3FN>
// CHECK-NEXT:     spatial.read @out port 0 counters (%row = 0 to 128, %k = 0 to 4) address {{\[}}[[t]] mod 2, 64 * %k] waits ["start"] signals ["done"] : vector<64xf8E4M3FN>
// CHECK-NEXT:   }
// CHECK-NEXT:   spatial.pmu @W.0.3 holds tensor<128x256xf8E4M3FN> banked (16, 1) init parameter "lstm.W" scale 4.0 map affine_map<(d0, d1) -> (0, (d0 * 4), (d1 + 768))> {
// CHECK-NEXT:     spatial.read @out port 0 counters (%i = 0 to 128, %j = 0 to 4) address [%i, 64 * %j] padded : vector<64xf8E4M3FN>
// CHECK-NEXT:   }
// CHECK-NEXT:   spatial.pmu @tanh holds tensor<1024xf32> banked (16, 1) duplicated init table tanh from -8.0 to 8.0 {
// CHECK-NEXT:     spatial.gather @out index "idx" port 0 counters (%i = 0 to 128) address [] : f32
// CHECK-NEXT:   }
// CHECK-NEXT:   spatial.pcu @dot.0.3 at (3, 5) counters ([[j:%.+]] = 0 to 128, [[k:%.+]] = 0 to 4) {
// CHECK-NEXT:     [[w:%.+]] = spatial.receive "w" : vector<64xf8E4M3FN>
// CHECK-NEXT:     [[v:%.+]] = spatial.receive "v" : vector<64xf8E4M3FN>
// CHECK-NEXT:     spatial.stage 0
// CHECK-NEXT:     [[p:%.+]] = arith.mulf [[w]], [[v]] : vector<64xf8E4M3FN>
// CHECK-NEXT:     [[q:%.+]] = pattern.convert [[p]] : vector<64xf8E4M3FN> to vector<64xf16>
// CHECK-NEXT:     spatial.stage 1
// CHECK-NEXT:     [[r:%.+]] = spatial.combine add [[q]] : vector<64xf16> to vector<32xf16>
// CHECK-NEXT:     spatial.stage 3
// CHECK-NEXT:     [[d:%.+]] = spatial.fold add [[r]] per [[j]] : vector<32xf16> to f16
// CHECK-NEXT:     [[n:%.+]] = pattern.convert [[d]] scale 4.0 : f16 to i32
// CHECK-NEXT:     spatial.send "out" [[n]] per [[j]] : i32
// CHECK-NEXT:     spatial.send "last" [[n]] once : i32
// CHECK-NEXT:   }
// CHECK-NEXT:   spatial.ag @y.store stores @y counters (%i = 0 to 128) address {{\[}}[[t]], %i] waits ["w"] signals ["s"] : f32
// CHECK-NEXT:   spatial.pcu @sink {
// CHECK-NEXT:     spatial.receive "v" once : i32
// CHECK-NEXT:   }
// CHECK-NEXT: }
// CHECK-NEXT: spatial.link @x.load::@data to @h.0::@in : vector depth 16 attributes {note = "a"}
// CHECK:      spatial.link @W.0.3::@out to @dot.0.3::@w : vector depth 16 via [(3, 4), (3, 5)]
// CHECK:      spatial.link @y.store::@s to @y.store::@w : token depth 4 init 1 every 2 hold 3
spatial.config @dots {
  spatial.input @x : tensor<25x1x512xf8E4M3FN> scale 8.0
  spatial.output @y : tensor<25x128xf32>
  spatial.controller @scan at (3, 2) counters (%t = 0 to 25) waits ["again"] signals ["go"] {
    spatial.ag @x.load at (2, -1) loads @x counters (%i = 0 to 8) address [%t, 0, 64 * %i] : vector<64xf8E4M3FN>
    spatial.pmu @h.0 at (1, 0) holds tensor<2x512xf8E4M3FN> banked (16, 1) init zero {
      spatial.write @in ports ["in"] port 0 counters (%i = 0 to 8) address [(%t + 1) mod 2, %i * 64 - 64] clip waits [] signals ["full"] : vector<64xf8E4M3FN>
      spatial.read @out port 0 counters (%row = 0 to 128, %k = 0 to 4) address [%t mod 2, 64 * %k] waits ["start"] signals ["done"] : vector<64xf8E4M3FN>
    }
    spatial.pmu @W.0.3 holds tensor<128x256xf8E4M3FN> banked (16, 1)
        init parameter "lstm.W" scale 4.0 map affine_map<(d0, d1) -> (0, 4 * d0, d1 + 768)> {
      spatial.read @out port 0 counters (%i = 0 to 128, %j = 0 to 4) address [%i, 64 * %j] padded : vector<64xf8E4M3FN>
    }
    spatial.pmu @tanh holds tensor<1024xf32> banked (16, 1) duplicated init table tanh from -8.0 to 8.0 {
      spatial.gather @out index "idx" port 0 counters (%i = 0 to 128) address [] : f32
    }
    spatial.pcu @dot.0.3 at (3, 5) counters (%j = 0 to 128, %k = 0 to 4) {
      %w = spatial.receive "w" : vector<64xf8E4M3FN>
      %v = spatial.receive "v" : vector<64xf8E4M3FN>
      spatial.stage 0
      %p = arith.mulf %w, %v : vector<64xf8E4M3FN>
      %q = pattern.convert %p : vector<64xf8E4M3FN> to vector<64xf16>
      spatial.stage 1
      %r = spatial.combine add %q : vector<64xf16> to vector<32xf16>
      spatial.stage 3
      %d = spatial.fold add %r per %j : vector<32xf16> to f16
      %n = pattern.convert %d scale 4.0 : f16 to i32
      spatial.send "out" %n per %j : i32
      spatial.send "last" %n once : i32
    }
    spatial.ag @y.store stores @y counters (%i = 0 to 128) address [%t, %i] waits ["w"] signals ["s"] : f32
    spatial.pcu @sink {
      %v = spatial.receive "v" once : i32
    }
  }
  spatial.link @x.load::@data to @h.0::@in : vector depth 16 attributes {note = "a"}
  spatial.link @h.0::@full to @h.0::@start : token depth 4
  spatial.link @h.0::@out to @dot.0.3::@v : vector depth 16
  spatial.link @W.0.3::@out to @dot.0.3::@w : vector depth 16 via [(3, 4), (3, 5)]
  spatial.link @dot.0.3::@out to @tanh::@idx : scalar depth 2
  spatial.link @dot.0.3::@last to @sink::@v : scalar depth 2
  spatial.link @tanh::@out to @y.store::@data : scalar depth 16
  spatial.link @y.store::@s to @y.store::@w : token depth 4 init 1 every 2 hold 3
  spatial.link @scan::@go to @scan::@again : token depth 1 init 1
}

// An input port may be fed by several links, one after another; names and units nest.
// CHECK-LABEL: spatial.config @windows {
// CHECK:         spatial.controller @inner counters (%u = 0 to 2) {
// CHECK:           init input "x" [8] map affine_map<(d0) -> ((d0 + 4))>
// CHECK:           spatial.read @out port 0 counters (%i = 0 to 2) address [4 * (%i floordiv 2)] : vector<4xf32>
// CHECK:       spatial.link @a::@out to @sum::@in : vector depth 2 window (0, 2)
// CHECK-NEXT:  spatial.link @b::@out to @sum::@in : vector depth 2 window (2, 4)
spatial.config @windows {
  spatial.controller @outer counters (%t = 0 to 2) {
    spatial.controller @inner counters (%u = 0 to 2) {
      spatial.pmu @a holds tensor<4xf32> banked (4, 1) init input "x" [8] map affine_map<(d0) -> (d0 + 4)> {
        spatial.read @out port 0 counters (%i = 0 to 2) address [4 * (%i floordiv 2)] : vector<4xf32>
      }
      spatial.pmu @b holds tensor<4xf32> banked (4, 1) init zero {
        spatial.read @out port 0 counters (%i = 0 to 2) address [0 * %u] : vector<4xf32>
      }
      spatial.pcu @sum counters (%i = 0 to 4) {
        %v = spatial.receive "in" : vector<4xf32>
        %s = spatial.fold max %v : vector<4xf32> to f32
        spatial.send "out" %s once : f32
      }
    }
  }
  spatial.link @a::@out to @sum::@in : vector depth 2 window (0, 2)
  spatial.link @b::@out to @sum::@in : vector depth 2 window (2, 4)
}
