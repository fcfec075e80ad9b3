// RUN: spatial-opt %s -p convert-pattern-to-linalg | filecheck %s
// RUN: spatial-opt %s -p "convert-pattern-to-linalg{exact=true}" | filecheck %s --check-prefix=EXACT

// Pairs are added in f16 and everything else in f32, in any order; a fifth element is left over,
// and has zero for a partner.
// CHECK-LABEL: func.func @pairs
// CHECK-SAME:    ([[x:%.+]]: tensor<3x5xf8E4M3FN>
// CHECK:         [[even:%.+]] = tensor.extract_slice [[x]][0, 0] [3, 2] [1, 2]
// CHECK-NEXT:    [[odd:%.+]] = tensor.extract_slice [[x]][0, 1] [3, 2] [1, 2]
// CHECK-NEXT:    [[most:%.+]] = linalg.generic
// CHECK-SAME:      ["parallel", "reduction"]} ins([[even]], [[odd]] :
// CHECK:           [[pair:%.+]] = arith.addf
// CHECK-NEXT:      [[half:%.+]] = arith.truncf [[pair]] : f32 to f16
// CHECK-NEXT:      [[single:%.+]] = arith.extf [[half]] : f16 to f32
// CHECK-NEXT:      arith.addf %{{.+}}, [[single]] fastmath<reassoc,contract> : f32
// CHECK:         [[rest:%.+]] = tensor.extract_slice [[x]][0, 4] [3, 1] [1, 1]
// CHECK:         linalg.generic
// CHECK-SAME:      outs([[most]] : tensor<3xf32>)
// CHECK:           [[zero:%.+]] = arith.constant 0.000000e+00 : f32
// CHECK-NEXT:      [[last:%.+]] = arith.addf %{{.+}}, [[zero]] : f32
// CHECK-NEXT:      arith.truncf [[last]] : f32 to f16

// In order, the four lanes of a vector are one tree; what is behind the last element is zero.
// EXACT-LABEL: func.func @pairs
// EXACT:         ["parallel", "reduction"]}
// EXACT-COUNT-4: tensor.extract %x
// EXACT-NOT:     fastmath
func.func @pairs(%x: tensor<3x5xf8E4M3FN>) -> tensor<3xf32> {
  %y = pattern.map (%i in 3) -> tensor<3xf32> {
    %s = pattern.reduce add (%k in 5 par 1 x 4) through [f16, f32] : f32 {
      %a = pattern.read %x[%i, %k] : tensor<3x5xf8E4M3FN>
      pattern.yield %a : f8E4M3FN
    }
    pattern.yield %s : f32
  }
  func.return %y : tensor<3xf32>
}

// A sum of bf16 rounds every time, so that its order is kept: three pieces, then a tree of them.
// CHECK-LABEL: func.func @rounded
// CHECK-SAME:    ([[x:%.+]]: tensor<12xbf16>
// CHECK:         [[zeros:%.+]] = linalg.fill
// CHECK-SAME:      -> tensor<3xbf16>
// CHECK:         [[parts:%.+]] = linalg.generic
// CHECK-SAME:      ["parallel", "reduction"]} ins({{.+}}) outs([[zeros]] : tensor<3xbf16>)
// CHECK-NOT:       fastmath
// CHECK:         tensor.extract_slice [[parts]][0] [1] [1] : tensor<3xbf16> to tensor<bf16>
// CHECK-NEXT:    tensor.extract_slice [[parts]][1] [1] [1]
// CHECK-NEXT:    tensor.extract_slice [[parts]][2] [1] [1]
// CHECK:         linalg.generic
// CHECK-SAME:      iterator_types = []}
// CHECK-COUNT-2: arith.addf
func.func @rounded(%x: tensor<12xbf16>) -> tensor<bf16> {
  %y = pattern.map () -> tensor<bf16> {
    %s = pattern.reduce add (%k in 12 par 3) : bf16 {
      %a = pattern.read %x[%k] : tensor<12xbf16>
      pattern.yield %a : bf16
    }
    pattern.yield %s : bf16
  }
  func.return %y : tensor<bf16>
}

// Integers, and extremes, need no order; each result is an operation.
// CHECK-LABEL: func.func @free
// CHECK-SAME:    ([[x:%.+]]: tensor<4x10xi16>
// CHECK:         [[y:%.+]] = linalg.generic
// CHECK-SAME:      ["parallel", "reduction"]} ins([[x]] : tensor<4x10xi16>) outs(%{{.+}} : tensor<4xi32>)
// CHECK-NEXT:    ^bb0([[a:%.+]]: i16, [[sum:%.+]]: i32):
// CHECK-NEXT:      [[wide:%.+]] = arith.extsi [[a]] : i16 to i32
// CHECK-NEXT:      [[n:%.+]] = arith.addi [[sum]], [[wide]] : i32
// CHECK-NEXT:      linalg.yield [[n]] : i32
// CHECK:         [[least:%.+]] = arith.constant -32768 : i16
// CHECK:         [[z:%.+]] = linalg.generic
// CHECK-SAME:      ["parallel", "reduction"]} ins([[x]] : tensor<4x10xi16>) outs(%{{.+}} : tensor<4xi16>)
// CHECK-NEXT:    ^bb0([[b:%.+]]: i16, [[most:%.+]]: i16):
// CHECK-NEXT:      [[m:%.+]] = arith.maxsi [[most]], [[b]] : i16
// CHECK-NEXT:      linalg.yield [[m]] : i16
// CHECK:         func.return [[y]], [[z]] :
func.func @free(%x: tensor<4x10xi16>) -> (tensor<4xi32>, tensor<4xi16>) {
  %y, %z = pattern.map (%i in 4) -> (tensor<4xi32>, tensor<4xi16>) {
    %s, %m = pattern.reduce add, max (%k in 10 par 2 x 4) : i32, i16 {
      %a = pattern.read %x[%i, %k] : tensor<4x10xi16>
      pattern.yield %a, %a : i16, i16
    }
    pattern.yield %s, %m : i32, i16
  }
  func.return %y, %z : tensor<4xi32>, tensor<4xi16>
}
