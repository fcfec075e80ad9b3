// RUN: spatial-opt %s | spatial-opt | filecheck %s
// RUN: spatial-opt %s --print-op-generic | spatial-opt | filecheck %s
// RUN: spatial-opt %s --print-op-generic | filecheck %s --check-prefix=GENERIC

%x = pattern.parameter "x" : tensor<10xf32>
%a = pattern.map (%i in 10 par 4) deal blocked -> tensor<10xf32> {
  %v = pattern.read %x[%i] : tensor<10xf32>
  pattern.yield %v : f32
}
%b = pattern.map (%i in 10 par 4) rows 2 deal cyclic -> tensor<10xf32> {
  %v = pattern.read %a[%i] : tensor<10xf32>
  pattern.yield %v : f32
}
%c = pattern.map (%i in 10 par 4) rows 2 -> tensor<10xf32> {
  %v = pattern.read %b[%i] : tensor<10xf32>
  pattern.yield %v : f32
}

// CHECK:      %a = pattern.map (%i in 10 par 4) deal blocked -> tensor<10xf32> {
// CHECK:      %b = pattern.map (%i_1 in 10 par 4) rows 2 deal cyclic -> tensor<10xf32> {
// CHECK:      %c = pattern.map (%i_2 in 10 par 4) rows 2 -> tensor<10xf32> {

// GENERIC:      "pattern.map"() <{bounds = array<i64: 10>, par = array<i64: 4>, lanes = 1 : i64, deal = "blocked"}>
// GENERIC:      rows = 2 : i64, deal = "cyclic"
// GENERIC:      "pattern.map"() <{bounds = array<i64: 10>, par = array<i64: 4>, lanes = 1 : i64, rows = 2 : i64}>

