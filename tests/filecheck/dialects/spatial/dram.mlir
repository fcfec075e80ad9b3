// RUN: spatial-opt %s | filecheck %s
// RUN: spatial-opt %s | spatial-opt | filecheck %s
// RUN: spatial-opt %s --print-op-generic | spatial-opt | filecheck %s
// RUN: spatial-opt %s --print-op-generic | filecheck %s --check-prefix=GENERIC

// CHECK:      spatial.dram @W.rest holds tensor<64x1024xf8E4M3FN> init parameter "W" [512, 1024] scale 8.0 map affine_map<(d0, d1) -> ((d0 + 448), d1)>
// CHECK-NEXT: spatial.dram @sum holds tensor<4xf32> init parameter "a" plus parameter "b"
// CHECK-NEXT: spatial.dram @h0 holds tensor<2x4xf32> init input "h0" [2, 4] attributes {note = 1 : i64}
// CHECK:      spatial.ag @load loads @W.rest counters (%i = 0 to 64, %k = 0 to 16) address [%i, 64 * %k] : vector<64xf8E4M3FN>

// GENERIC: "spatial.dram"() <{sym_name = "sum", held = tensor<4xf32>, init = #spatial.init_sum<
spatial.config @main {
  spatial.dram @W.rest holds tensor<64x1024xf8E4M3FN> init parameter "W" [512, 1024] scale 8.0 map affine_map<(d0, d1) -> (d0 + 448, d1)>
  spatial.dram @sum holds tensor<4xf32> init parameter "a" plus parameter "b"
  spatial.dram @h0 holds tensor<2x4xf32> init input "h0" [2, 4] attributes {note = 1 : i64}
  spatial.output @y : tensor<64x1024xf8E4M3FN>
  spatial.ag @load loads @W.rest counters (%i = 0 to 64, %k = 0 to 16) address [%i, 64 * %k] : vector<64xf8E4M3FN>
  spatial.ag @store stores @y counters (%i = 0 to 64, %k = 0 to 16) address [%i, 64 * %k] : vector<64xf8E4M3FN>
  spatial.link @load::@data to @store::@data : vector depth 2
}
