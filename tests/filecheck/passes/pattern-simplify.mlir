// RUN: spatial-opt %s -p pattern-simplify | filecheck %s
// RUN: spatial-opt %s -p pattern-simplify,pattern-simplify | filecheck %s
// RUN: spatial-opt %s -p pattern-simplify,pattern-simplify,canonicalize,cse,dce | filecheck %s

// Two of four gates of an LSTM by table: the sum of products comes scaled by 2^8, the index of the
// table is (v + 8) * 64. Both factors end up in the parameter and in the conversion.
// CHECK-LABEL: func.func @main
// CHECK-NOT:     arith.mulf
// CHECK:         [[b:%.+]] = pattern.parameter "b" scale 256.0 : tensor<16xf32>
// CHECK-NOT:     pattern.parameter
// CHECK:         pattern.map
// CHECK:           [[s0:%.+]], [[s1:%.+]] = pattern.reduce add, add
// CHECK:           [[w0:%.+]] = pattern.read [[b]][%{{.+}}] : tensor<16xf32>
// CHECK-NEXT:      [[r0:%.+]] = pattern.read [[b]][%{{.+}} + 8] : tensor<16xf32>
// CHECK-NEXT:      [[b0:%.+]] = arith.addf [[w0]], [[r0]] : f32
// CHECK-NEXT:      [[v0:%.+]] = arith.addf [[s0]], [[b0]] : f32
// CHECK-NEXT:      [[c:%.+]] = arith.constant 2.048000e+03 : f32
// CHECK-NEXT:      [[q0:%.+]] = arith.addf [[v0]], [[c]] : f32
// CHECK-NEXT:      [[i0:%.+]] = pattern.convert [[q0]] scale 0.25 toward_zero clamp 0, 1023 : f32 to i32
// CHECK-NEXT:      [[g0:%.+]] = pattern.gather
// The other gate shares the constant.
// CHECK:           [[v1:%.+]] = arith.addf [[s1]], {{%.+}} : f32
// CHECK-NEXT:      [[q1:%.+]] = arith.addf [[v1]], [[c]] : f32
// CHECK-NEXT:      [[i1:%.+]] = pattern.convert [[q1]] scale 0.25 toward_zero clamp 0, 1023 : f32 to i32
// CHECK-NEXT:      [[g1:%.+]] = pattern.gather
// CHECK-NEXT:      [[h:%.+]] = arith.mulf [[g0]], [[g1]] : f32
// CHECK-NEXT:      pattern.yield [[h]] : f32
func.func @main(%x: tensor<8xf8E4M3FN>) -> tensor<4xf32> {
  %sigmoid = pattern.table sigmoid entries 1024 from -8.0 to 8.0 : tensor<1024xf32>
  %w = pattern.parameter "w" scale 16.0 : tensor<8x8xf8E4M3FN>
  %b = pattern.parameter "b" : tensor<16xf32>
  %h = pattern.map (%j in 4) -> tensor<4xf32> {
    %s0, %s1 = pattern.reduce add, add (%k in 8) through [f16, f32] : f32, f32 {
      %xk = pattern.read %x[%k] : tensor<8xf8E4M3FN>
      %w0 = pattern.read %w[%j, %k] : tensor<8x8xf8E4M3FN>
      %w1 = pattern.read %w[%j + 4, %k] : tensor<8x8xf8E4M3FN>
      %p0 = arith.mulf %w0, %xk : f8E4M3FN
      %p1 = arith.mulf %w1, %xk : f8E4M3FN
      pattern.yield %p0, %p1 : f8E4M3FN, f8E4M3FN
    }
    %w0 = pattern.read %b[%j] : tensor<16xf32>
    %r0 = pattern.read %b[%j + 8] : tensor<16xf32>
    %down0 = arith.constant 0.00390625 : f32
    %u0 = arith.mulf %s0, %down0 : f32
    %b0 = arith.addf %w0, %r0 : f32
    %v0 = arith.addf %u0, %b0 : f32
    %up0 = arith.constant 64.0 : f32
    %t0 = arith.mulf %v0, %up0 : f32
    %middle0 = arith.constant 512.0 : f32
    %q0 = arith.addf %t0, %middle0 : f32
    %i0 = pattern.convert %q0 toward_zero clamp 0, 1023 : f32 to i32
    %g0 = pattern.gather %sigmoid[%i0] : tensor<1024xf32>, i32
    %w1 = pattern.read %b[%j + 4] : tensor<16xf32>
    %r1 = pattern.read %b[%j + 12] : tensor<16xf32>
    %down1 = arith.constant 0.00390625 : f32
    %u1 = arith.mulf %s1, %down1 : f32
    %b1 = arith.addf %w1, %r1 : f32
    %v1 = arith.addf %u1, %b1 : f32
    %up1 = arith.constant 64.0 : f32
    %t1 = arith.mulf %up1, %v1 : f32
    %middle1 = arith.constant 512.0 : f32
    %q1 = arith.addf %t1, %middle1 : f32
    %i1 = pattern.convert %q1 toward_zero clamp 0, 1023 : f32 to i32
    %g1 = pattern.gather %sigmoid[%i1] : tensor<1024xf32>, i32
    %h = arith.mulf %g0, %g1 : f32
    pattern.yield %h : f32
  }
  func.return %h : tensor<4xf32>
}
