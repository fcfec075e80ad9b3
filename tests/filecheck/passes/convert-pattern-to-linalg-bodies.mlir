// RUN: spatial-opt %s -p convert-pattern-to-linalg | filecheck %s

// The mean depends on no index, so that it is computed once; the rest reads it.
// CHECK-LABEL: func.func @mean
// CHECK-SAME:    ([[x:%.+]]: tensor<8xf32>
// CHECK:         [[sum:%.+]] = linalg.generic
// CHECK-SAME:      iterator_types = ["reduction"]} ins([[x]] : tensor<8xf32>) outs(%{{.+}} : tensor<f32>)
// CHECK:         linalg.generic
// CHECK-SAME:      [affine_map<(d0) -> ()>, affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>]
// CHECK-SAME:      ins([[sum]], [[x]] : tensor<f32>, tensor<8xf32>)
// CHECK-SAME:      attrs = {pattern.par = array<i64: 4>, pattern.lanes = 2 : i64}
func.func @mean(%x: tensor<8xf32>) -> tensor<8xf32> {
  %y = pattern.map (%i in 8 par 4 x 2) -> tensor<8xf32> {
    %s = pattern.reduce add (%k in 8) : f32 {
      %a = pattern.read %x[%k] : tensor<8xf32>
      pattern.yield %a : f32
    }
    %b = pattern.read %x[%i] : tensor<8xf32>
    %c = arith.subf %b, %s : f32
    pattern.yield %c : f32
  }
  func.return %y : tensor<8xf32>
}

// A recurrence in the body of a map: a loop over its points, and one over the steps, backwards.
// CHECK-LABEL: func.func @rows
// CHECK-SAME:    ([[x:%.+]]: tensor<5x6xf32>
// CHECK:         [[y:%.+]] = scf.for [[i:%.+]] = %{{.+}} iter_args([[into:%.+]] = %{{.+}}) -> (tensor<5xf32>)
// CHECK:           [[last:%.+]] = scf.for [[n:%.+]] = %{{.+}} iter_args([[h:%.+]] = %{{.+}}) -> (f32)
// CHECK:             [[t:%.+]] = arith.subi %{{.+}}, [[n]] : index
// CHECK-NEXT:        [[v:%.+]] = tensor.extract [[x]][[[i]], [[t]]] : tensor<5x6xf32>
// CHECK-NEXT:        [[s:%.+]] = arith.addf [[h]], [[v]] : f32
// CHECK-NEXT:        scf.yield [[s]] : f32
// CHECK:           [[new:%.+]] = tensor.insert [[last]] into [[into]][[[i]]] : tensor<5xf32>
// CHECK-NEXT:      scf.yield [[new]] : tensor<5xf32>
// CHECK:         func.return [[y]]
func.func @rows(%x: tensor<5x6xf32>) -> tensor<5xf32> {
  %y = pattern.map (%i in 5) -> tensor<5xf32> {
    %c = arith.constant 0.5 : f32
    %last = pattern.scan reverse (%t in 6) carry (%h = %c : f32) -> f32 {
      %v = pattern.read %x[%i, %t] : tensor<5x6xf32>
      %n = arith.addf %h, %v : f32
      pattern.next %n : f32
    }
    pattern.yield %last : f32
  }
  func.return %y : tensor<5xf32>
}

// A reduction of what maps compute: its values first, then their sum.
// CHECK-LABEL: func.func @gathered
// CHECK-SAME:    ([[x:%.+]]: tensor<4x7xf32>
// CHECK:         [[all:%.+]] = scf.for {{.+}} -> (tensor<7xf32>)
// CHECK:           tensor.insert
// CHECK-NEXT:      scf.yield
// CHECK:         linalg.generic
// CHECK-SAME:      iterator_types = ["reduction"]} ins([[all]] : tensor<7xf32>)
func.func @gathered(%x: tensor<4x7xf32>) -> tensor<f32> {
  %s = pattern.reduce add (%k in 7) : f32 {
    %m = pattern.map (%j in 4) -> tensor<4xf32> {
      %e = pattern.read %x[%j, %k] : tensor<4x7xf32>
      %f = arith.mulf %e, %e : f32
      pattern.yield %f : f32
    }
    %g = pattern.read %m[%k mod 4] : tensor<4xf32>
    pattern.yield %g : f32
  }
  %y = pattern.map () -> tensor<f32> {
    pattern.yield %s : f32
  }
  func.return %y : tensor<f32>
}

// 8-bit floats saturate, then round. The second result reads the first, on which it depends: a
// conversion to an integer has limits, and NaN gives 0.
// CHECK-LABEL: func.func @formats
// CHECK:         [[y:%.+]] = linalg.generic
// CHECK-NEXT:    ^bb0([[a:%.+]]: f8E4M3FN, %{{.+}}: f8E4M3FN):
// CHECK-NEXT:      [[wide:%.+]] = arith.extf [[a]] : f8E4M3FN to f32
// CHECK-NEXT:      [[p:%.+]] = arith.mulf [[wide]], [[wide]] : f32
// CHECK-NEXT:      [[low:%.+]] = arith.constant -4.480000e+02 : f32
// CHECK-NEXT:      [[above:%.+]] = arith.maximumf [[p]], [[low]] : f32
// CHECK-NEXT:      [[high:%.+]] = arith.constant 4.480000e+02 : f32
// CHECK-NEXT:      [[limited:%.+]] = arith.minimumf [[above]], [[high]] : f32
// CHECK-NEXT:      [[small:%.+]] = arith.truncf [[limited]] : f32 to f8E4M3FN
// CHECK:           linalg.yield [[small]] : f8E4M3FN
// CHECK:         linalg.generic {{.+}} ins([[y]] : tensor<4xf8E4M3FN>)
// CHECK-NEXT:    ^bb0([[b:%.+]]: f8E4M3FN, %{{.+}}: i8):
// CHECK-NEXT:      [[held:%.+]] = arith.extf [[b]] : f8E4M3FN to f32
// CHECK:           [[scaled:%.+]] = arith.mulf [[held]], %{{.+}} : f32
// CHECK-NEXT:      [[whole:%.+]] = math.roundeven [[scaled]] : f32
// CHECK-NEXT:      [[number:%.+]] = arith.cmpf ord, [[whole]], [[whole]] : f32
// CHECK:           [[safe:%.+]] = arith.select [[number]],
// CHECK-NEXT:      [[wideint:%.+]] = arith.fptosi [[safe]] : f32 to i32
// CHECK-NEXT:      [[q:%.+]] = arith.trunci [[wideint]] : i32 to i8
// CHECK-NEXT:      linalg.yield [[q]] : i8
func.func @formats(%x: tensor<4xf8E4M3FN>) -> (tensor<4xf8E4M3FN>, tensor<4xi8>) {
  %y, %z = pattern.map (%i in 4) -> (tensor<4xf8E4M3FN>, tensor<4xi8>) {
    %a = pattern.read %x[%i] : tensor<4xf8E4M3FN>
    %p = arith.mulf %a, %a : f8E4M3FN
    %q = pattern.convert %p scale 8.0 : f8E4M3FN to i8
    pattern.yield %p, %q : f8E4M3FN, i8
  }
  func.return %y, %z : tensor<4xf8E4M3FN>, tensor<4xi8>
}
