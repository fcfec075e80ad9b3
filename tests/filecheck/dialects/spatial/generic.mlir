// RUN: spatial-opt %s --print-op-generic | filecheck %s
// RUN: spatial-opt %s --print-op-generic | spatial-opt --print-op-generic | filecheck %s
// RUN: spatial-opt %s --print-op-generic | spatial-opt | filecheck %s --check-prefix CUSTOM

// CHECK:      "spatial.config"() <{sym_name = "main"}> ({
// CHECK-NEXT:   "spatial.input"() <{sym_name = "x", type = tensor<4x4xf32>, scale = 2.000000e+00 : f32}>
// CHECK-NEXT:   "spatial.output"() <{sym_name = "y", type = tensor<4xf32>}>
// CHECK-NEXT:   "spatial.controller"() <{sym_name = "c", at = array<i64: 0, 1>, bounds = array<i64: 2>, waits = [], signals = []}> ({
// CHECK-NEXT:   ^bb0([[t:%.+]]: index):
// CHECK-NEXT:     "spatial.pmu"() <{sym_name = "m", held = tensor<2x4xf32>, banks = array<i64: 4, 1>, init = #spatial.init_parameter<"W" [2, 6] scale 2.0 map affine_map<(d0, d1) -> (d0, d1)>>}> ({
// CHECK-NEXT:       "spatial.read"() <{sym_name = "out", port = 0 : i64, bounds = array<i64: 2>, names = ["n"], map = affine_map<(d0, d1) -> (d1, 0)>, type = vector<4xf32>, waits = [], signals = []}>
// CHECK:          "spatial.pcu"() <{sym_name = "p", bounds = array<i64: 2>}> ({
// CHECK-NEXT:     ^bb{{[0-9]}}([[i:%.+]]: index):
// CHECK-NEXT:       [[v:%.+]] = "spatial.receive"() <{port = "in"}> : () -> vector<4xf32>
// CHECK-NEXT:       [[s:%.+]] = "spatial.fold"([[v]], [[i]]) <{kind = "add"}> : (vector<4xf32>, index) -> f32
// CHECK-NEXT:       "spatial.send"([[s]]) <{port = "out", once}> : (f32) -> ()
// CHECK:       "spatial.link"() <{src = @m::@out, dst = @p::@in, kind = "vector", depth = 2 : i64, route = array<i64: 0, 0, 0, 1>, init = 0 : i64, every = 1 : i64, hold = 1 : i64}>

// CUSTOM: spatial.read @out port 0 counters (%n = 0 to 2) address [%n, 0] : vector<4xf32>
// CUSTOM: %s = spatial.fold add %v per %i : vector<4xf32> to f32
// CUSTOM: spatial.link @m::@out to @p::@in : vector depth 2 via [(0, 0), (0, 1)]
// CUSTOM: spatial.link @p::@out to @q::@in : scalar depth 2
spatial.config @main {
  spatial.input @x : tensor<4x4xf32> scale 2.0
  spatial.output @y : tensor<4xf32>
  spatial.controller @c at (0, 1) counters (%t = 0 to 2) {
    spatial.pmu @m holds tensor<2x4xf32> banked (4, 1) init parameter "W" [2, 6] scale 2.0 map affine_map<(d0, d1) -> (d0, d1)> {
      spatial.read @out port 0 counters (%n = 0 to 2) address [%n, 0] : vector<4xf32>
    }
    spatial.pcu @p counters (%i = 0 to 2) {
      %v = spatial.receive "in" : vector<4xf32>
      %s = spatial.fold add %v per %i : vector<4xf32> to f32
      spatial.send "out" %s once : f32
    }
    spatial.pcu @q {
      %v = spatial.receive "in" : f32
    }
  }
  spatial.link @m::@out to @p::@in : vector depth 2 via [(0, 0), (0, 1)]
  "spatial.link"() <{src = @p::@out, dst = @q::@in, kind = "scalar", depth = 2 : i64}> : () -> ()
}
