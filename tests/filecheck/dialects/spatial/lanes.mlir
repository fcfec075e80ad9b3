// RUN: spatial-opt %s | filecheck %s
// RUN: spatial-opt %s | spatial-opt | filecheck %s
// RUN: spatial-opt %s --print-op-generic | filecheck %s --check-prefix GENERIC
// RUN: spatial-opt %s --print-op-generic | spatial-opt | filecheck %s

// Two units take turns to give a row unit the sums of 16 rows; x and h come as packed words.

// CHECK-LABEL: spatial.config @rows {
// CHECK:      spatial.pcu @dot0 counters (%g = 0 to 2, %k = 0 to 5) {
// CHECK-NEXT:   [[w:%.+]] = spatial.receive "w" : vector<64xf8E4M3FN>
// CHECK-NEXT:   [[x:%.+]] = spatial.receive "x" : vector<4xf8E4M3FN>
// CHECK-NEXT:   [[v:%.+]] = spatial.repeat [[x]] : vector<4xf8E4M3FN> to vector<64xf8E4M3FN>
// CHECK-NEXT:   [[p:%.+]] = arith.mulf [[w]], [[v]] : vector<64xf8E4M3FN>
// CHECK-NEXT:   [[q:%.+]] = pattern.convert [[p]] : vector<64xf8E4M3FN> to vector<64xf16>
// CHECK-NEXT:   [[r:%.+]] = spatial.combine add [[q]] : vector<64xf16> to vector<32xf16>
// CHECK-NEXT:   [[s:%.+]] = spatial.combine add [[r]] : vector<32xf16> to vector<16xf16>
// CHECK-NEXT:   [[d:%.+]] = spatial.fold add [[s]] per %g : vector<16xf16> to vector<16xf16>
// CHECK-NEXT:   spatial.send "out" [[d]] per %g : vector<16xf16>
// CHECK:      spatial.pcu @row counters (%g = 0 to 2, %c = 0 to 2) {
// CHECK:        [[m:%.+]] = spatial.fold max {{%.+}} once : vector<16xf16> to vector<16xf16>
// CHECK:        [[b:%.+]] = spatial.receive "b" once : f16
// CHECK:        spatial.repeat [[b]] attributes {note = 1 : i64} : f16 to vector<16xf16>
// CHECK:      spatial.link @x::@out to @dot0::@x : scalar depth 4 window (0, 3) of 5
// CHECK-NEXT: spatial.link @h::@out to @dot0::@x : scalar depth 4 window (3, 5) of 5
// CHECK:      spatial.link @dot0::@out to @row::@s : vector depth 4 window (0, 1) of 2 via [(0, 0)]

// GENERIC: [[v:%.+]] = "spatial.repeat"({{%.+}}) : (vector<4xf8E4M3FN>) -> vector<64xf8E4M3FN>
// GENERIC: "spatial.fold"({{%.+}}, {{%.+}}) <{kind = "add"}> : (vector<16xf16>, index) -> vector<16xf16>
// GENERIC: "spatial.fold"({{%.+}}) <{kind = "max", once}> : (vector<16xf16>) -> vector<16xf16>
// GENERIC: "spatial.link"() <{src = @h::@out, dst = @dot0::@x, kind = "scalar", depth = 4 : i64, window = array<i64: 3, 5>, window_of = 5 : i64,
spatial.config @rows {
  spatial.pmu @x holds tensor<12xf8E4M3FN> banked (16, 1) init zero {
    spatial.read @out port 0 counters (%g = 0 to 2, %k = 0 to 3) address [4 * %k] : vector<4xf8E4M3FN>
  }
  spatial.pmu @h holds tensor<8xf8E4M3FN> banked (16, 1) init zero {
    spatial.read @out port 0 counters (%g = 0 to 2, %k = 0 to 2) address [4 * %k] : vector<4xf8E4M3FN>
  }
  spatial.pmu @W holds tensor<2x5x64xf8E4M3FN> banked (16, 1) init zero {
    spatial.read @out port 0 counters (%g = 0 to 2, %k = 0 to 5) address [%g, %k, 0] : vector<64xf8E4M3FN>
  }
  spatial.pmu @b holds tensor<1xf16> banked (16, 1) init zero {
    spatial.read @out port 0 address [0] : f16
  }
  spatial.pcu @dot0 counters (%g = 0 to 2, %k = 0 to 5) {
    %w = spatial.receive "w" : vector<64xf8E4M3FN>
    %x = spatial.receive "x" : vector<4xf8E4M3FN>
    %v = spatial.repeat %x : vector<4xf8E4M3FN> to vector<64xf8E4M3FN>
    %p = arith.mulf %w, %v : vector<64xf8E4M3FN>
    %q = pattern.convert %p : vector<64xf8E4M3FN> to vector<64xf16>
    %r = spatial.combine add %q : vector<64xf16> to vector<32xf16>
    %s = spatial.combine add %r : vector<32xf16> to vector<16xf16>
    %d = spatial.fold add %s per %g : vector<16xf16> to vector<16xf16>
    spatial.send "out" %d per %g : vector<16xf16>
  }
  spatial.pcu @dot1 counters (%g = 0 to 2) {
    %c = arith.constant dense<1.0> : vector<16xf16>
    spatial.send "out" %c : vector<16xf16>
  }
  spatial.pcu @row counters (%g = 0 to 2, %c = 0 to 2) {
    %s = spatial.receive "s" : vector<16xf16>
    %m = spatial.fold max %s once : vector<16xf16> to vector<16xf16>
    %b = spatial.receive "b" once : f16
    %all = spatial.repeat %b attributes {note = 1 : i64} : f16 to vector<16xf16>
    %y = arith.addf %m, %all : vector<16xf16>
    spatial.send "y" %y once : vector<16xf16>
  }
  spatial.link @W::@out to @dot0::@w : vector depth 4
  spatial.link @x::@out to @dot0::@x : scalar depth 4 window (0, 3) of 5
  spatial.link @h::@out to @dot0::@x : scalar depth 4 window (3, 5) of 5
  spatial.link @b::@out to @row::@b : scalar depth 4
  spatial.link @dot0::@out to @row::@s : vector depth 4 window (0, 1) of 2 via [(0, 0)]
  spatial.link @dot1::@out to @row::@s : vector depth 4 window (1, 2) of 2
}
