// RUN: spatial-opt %s | filecheck %s
// RUN: spatial-opt %s | spatial-opt | filecheck %s
// RUN: spatial-opt %s --print-op-generic | spatial-opt | filecheck %s
// RUN: spatial-opt %s --print-op-generic | filecheck %s --check-prefix=GENERIC

// CHECK:      spatial.pmu @plain holds tensor<4x8xf32> banked (4, 2) init zero {
// CHECK:      spatial.pmu @skewed at (1, 2) holds tensor<4x8xf32> banked (4, 1, [1, 1]) init zero {
// CHECK:      spatial.pmu @one holds tensor<16xi8> banked (2, 4, [0]) duplicated init zero {

// GENERIC:     sym_name = "plain", held = tensor<4x8xf32>, banks = array<i64: 4, 2>, init
// GENERIC:     projection = array<i64: 1, 1>, banks = array<i64: 4, 1>, init
// GENERIC:     projection = array<i64: 0>, banks = array<i64: 2, 4>, duplicated, init
spatial.config @main {
  spatial.pmu @plain holds tensor<4x8xf32> banked (4, 2) init zero {
  }
  spatial.pmu @skewed at (1, 2) holds tensor<4x8xf32> banked (4,1,[1,1]) init zero {
  }
  spatial.pmu @one holds tensor<16xi8> banked (2, 4, [0]) duplicated init zero {
  }
}
