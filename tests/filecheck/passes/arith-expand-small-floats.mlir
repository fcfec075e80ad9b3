// RUN: spatial-opt %s -p arith-expand-small-floats | filecheck %s
// RUN: spatial-opt %s -p arith-expand-small-floats,arith-expand-small-floats | filecheck %s
// RUN: spatial-opt %s -p "arith-expand-small-floats{to=f32}" | filecheck %s --check-prefix=WIDE

// Signature, constants and everything between carry bits; f16 stays.
// CHECK-LABEL: func.func @move
// CHECK-SAME:    ([[x:%.+]]: tensor<4xi16>, [[y:%.+]]: tensor<2xf16>) -> (tensor<2xi16>, tensor<3xi8>, i8, tensor<2xf16>)
// CHECK:         tensor.extract_slice [[x]][1] [2] [1] : tensor<4xi16> to tensor<2xi16>
// CHECK-NEXT:    arith.constant dense<[60, -66, 4]> : tensor<3xi8>
// CHECK-NEXT:    arith.constant -67 : i8
// WIDE-LABEL: func.func @move
// WIDE-SAME:    tensor<4xf32>, %{{.+}}: tensor<2xf16>) -> (tensor<2xf32>, tensor<3xf32>, f32, tensor<2xf16>)
// WIDE:         arith.constant dense<[1.500000e+00, -1.750000e+00, 7.812500e-03]> : tensor<3xf32>
// WIDE-NEXT:    arith.constant -1.250000e+00 : f32
func.func @move(%x: tensor<4xbf16>, %y: tensor<2xf16>)
    -> (tensor<2xbf16>, tensor<3xf8E4M3FN>, f8E5M2, tensor<2xf16>) {
  %s = tensor.extract_slice %x[1] [2] [1] : tensor<4xbf16> to tensor<2xbf16>
  %c = arith.constant dense<[1.5, -1.75, 0.0078125]> : tensor<3xf8E4M3FN>
  %d = arith.constant -1.25 : f8E5M2
  func.return %s, %c, %d, %y : tensor<2xbf16>, tensor<3xf8E4M3FN>, f8E5M2, tensor<2xf16>
}

// What is rounded and extended again is rounded only, between limits that are there already.
// CHECK-LABEL: func.func @rounding
// CHECK-SAME:    ([[v:%.+]]: f32)
// CHECK:         [[low:%.+]] = arith.maximumf [[v]],
// CHECK:         [[c:%.+]] = arith.minimumf [[low]],
// CHECK-NEXT:    [[bits:%.+]] = arith.bitcast [[c]] : f32 to i32
// CHECK:         [[power:%.+]] = arith.andi [[bits]],
// CHECK:         arith.maxui [[power]],
// CHECK:         [[up:%.+]] = arith.addf [[c]], [[unit:%.+]] : f32
// CHECK-NEXT:    [[near:%.+]] = arith.subf [[up]], [[unit]] : f32
// CHECK-NEXT:    [[r:%.+]] = math.copysign [[near]], [[c]] : f32
// CHECK-NEXT:    func.return [[r]] : f32
// WIDE-LABEL: func.func @rounding
// WIDE:         [[r:%.+]] = math.copysign
// WIDE-NEXT:    func.return [[r]] : f32
func.func @rounding(%v: f32) -> f32 {
  %low = arith.constant -448.0 : f32
  %high = arith.constant 448.0 : f32
  %a = arith.maximumf %v, %low : f32
  %b = arith.minimumf %a, %high : f32
  %s = arith.truncf %b : f32 to f8E4M3FN
  %w = arith.extf %s : f8E4M3FN to f32
  func.return %w : f32
}

// Without limits, what lies beyond the greatest number becomes what upstream makes of it.
// CHECK-LABEL: func.func @beyond
// CHECK:         [[out:%.+]] = arith.cmpf ogt,
// CHECK:         arith.select [[out]], %{{.+}}, %{{.+}} : f32
// CHECK:         arith.fptosi
// CHECK:         [[code:%.+]] = arith.trunci %{{.+}} : i32 to i8
// CHECK-NEXT:    func.return [[code]] : i8
func.func @beyond(%v: f32) -> f8E5M2 {
  %s = arith.truncf %v : f32 to f8E5M2
  func.return %s : f8E5M2
}

// CHECK-LABEL: func.func @bits
// CHECK-SAME:    ([[x:%.+]]: i16)
// CHECK-NEXT:    func.return [[x]] : i16
func.func @bits(%x: bf16) -> i16 {
  %b = arith.bitcast %x : bf16 to i16
  func.return %b : i16
}
