// RUN: spatial-opt %s -p "set-target{name=tiny},spatial-partition" | filecheck %s
// RUN: spatial-opt %s -p "set-target{name=tiny},spatial-partition,spatial-partition" | filecheck %s

// Lanes that carry rows: a repeat takes no stage, a fold by lanes one, with values passing it. The
// packed word goes to the second part, which repeats it itself, over a scalar link.
// CHECK-LABEL: spatial.config @rows {
// CHECK:         spatial.pcu @dot.p0 counters ([[j:%.+]] = 0 to 2, {{%.+}} = 0 to 4) {
// CHECK-NEXT:      [[x:%.+]] = spatial.receive "x" : vector<4xf32>
// CHECK-NEXT:      spatial.stage 0
// CHECK-NEXT:      [[n:%.+]] = pattern.convert [[x]] : vector<4xf32> to vector<4xf8E4M3FN>
// CHECK:           spatial.send "[[port:.+]]" {{%.+}} : vector<4xf8E4M3FN>
// CHECK-NEXT:    }
// CHECK:         spatial.pcu @dot.p1 counters ([[j:%.+]] = 0 to 2, {{%.+}} = 0 to 4) {
// CHECK:           [[v:%.+]] = spatial.repeat {{%.+}} : vector<4xf8E4M3FN> to vector<16xf8E4M3FN>
// CHECK-NEXT:      [[p:%.+]] = arith.mulf {{%.+}}, [[v]] : vector<16xf8E4M3FN>
// CHECK-NEXT:      spatial.stage 1
// CHECK-NEXT:      [[d:%.+]] = spatial.fold add [[p]] per [[j]] : vector<16xf8E4M3FN> to vector<16xf8E4M3FN>
// CHECK-NEXT:      spatial.stage 2
// CHECK-NEXT:      [[e:%.+]] = arith.mulf [[d]], {{%.+}} : vector<16xf8E4M3FN>
// CHECK-NEXT:      spatial.send "out" [[e]] per [[j]] : vector<16xf8E4M3FN>
// CHECK-NEXT:    }
// CHECK-NOT:     spatial.pcu
// CHECK:         spatial.link @dot.p0::@[[port]] to @dot.p1::@[[port]] : scalar depth 2
spatial.config @rows {
  spatial.output @y : tensor<2x16xf8E4M3FN>
  spatial.pmu @W holds tensor<8x16xf8E4M3FN> banked (4, 1) init parameter "W" {
    spatial.read @out port 0 counters (%i = 0 to 8) address [%i, 0] : vector<16xf8E4M3FN>
  }
  spatial.pmu @b holds tensor<2x16xf8E4M3FN> banked (4, 1) init parameter "b" {
    spatial.read @out port 0 counters (%j = 0 to 2) address [%j, 0] : vector<16xf8E4M3FN>
  }
  spatial.pmu @x holds tensor<8x4xf32> banked (4, 1) init parameter "x" {
    spatial.read @out port 0 counters (%i = 0 to 8) address [%i, 0] : vector<4xf32>
  }
  spatial.pcu @dot counters (%j = 0 to 2, %k = 0 to 4) {
    %x = spatial.receive "x" : vector<4xf32>
    %w = spatial.receive "w" : vector<16xf8E4M3FN>
    %b = spatial.receive "b" per %j : vector<16xf8E4M3FN>
    %n = pattern.convert %x : vector<4xf32> to vector<4xf8E4M3FN>
    %m = arith.mulf %n, %n : vector<4xf8E4M3FN>
    %l = arith.addf %m, %n : vector<4xf8E4M3FN>
    %v = spatial.repeat %l : vector<4xf8E4M3FN> to vector<16xf8E4M3FN>
    %p = arith.mulf %w, %v : vector<16xf8E4M3FN>
    %d = spatial.fold add %p per %j : vector<16xf8E4M3FN> to vector<16xf8E4M3FN>
    %e = arith.mulf %d, %b : vector<16xf8E4M3FN>
    spatial.send "out" %e per %j : vector<16xf8E4M3FN>
  }
  spatial.ag @y.store stores @y counters (%i = 0 to 2) address [%i, 0] : vector<16xf8E4M3FN>
  spatial.link @W::@out to @dot::@w : vector depth 2
  spatial.link @b::@out to @dot::@b : vector depth 2
  spatial.link @x::@out to @dot::@x : vector depth 2
  spatial.link @dot::@out to @y.store::@data : vector depth 2
}
