// RUN: spatial-opt %s | spatial-opt | filecheck %s
// RUN: spatial-opt %s --print-op-generic | spatial-opt | filecheck %s

builtin.module attributes {pattern.weights = "lstm.safetensors"} {
  func.func @main(%x: tensor<25x8xf32> {pattern.name = "x", pattern.scale = 8.0 : f32}, %h0: tensor<8xf32>) -> (tensor<25x8xf32> {pattern.name = "y"}) {
    %w = pattern.parameter "lstm.W" scale 4.0 : tensor<4x8x8xf8E4M3FN>
    %b = pattern.parameter "lstm B" attributes {note} : tensor<4x8xf32>
    %table = pattern.table sigmoid entries 1024 from -8.0 to 8.0 : tensor<1024xf32>
    %hT, %ys = pattern.scan reverse (%t in 25) carry (%h = %h0 : tensor<8xf32>) -> (tensor<8xf32>, tensor<25x8xf32>) {
      %p, %q = pattern.map (%g in 4, %i in 8 par 4 x 16) -> (tensor<4x8xf32>, tensor<4x8xf8E4M3FN>) {
        %s, %m = pattern.reduce add, max (%k in 8 par 2 x 4) through [f16, f32] : f32, f16 {
          %wv = pattern.read %w[%g, %i, %k] : tensor<4x8x8xf8E4M3FN>
          %xv = pattern.read %x[(%t + 1) mod 2, 2 * (%k floordiv 2) - %k - 3] zero_outside : tensor<25x8xf32>
          pattern.yield %wv, %xv : f8E4M3FN, f32
        }
        %c = pattern.convert %s scale 127.5 toward_zero clamp 0, 1023 : f32 to i32
        %e = pattern.gather %table[%c] : tensor<1024xf32>, i32
        %a = pattern.activate hardsigmoid alpha 0.2 beta 0.5 %e : f32
        %d = pattern.activate tanh with table %a : f32
        %f = pattern.convert %d : f32 to f8E4M3FN
        pattern.yield %d, %f : f32, f8E4M3FN
      }
      %hn = pattern.map (%i in 8 par 2) -> tensor<8xf32> attributes {note} {
        %v = pattern.read %p[0, 7 - %i] : tensor<4x8xf32>
        pattern.yield %v : f32
      }
      pattern.next %hn emit %hn : tensor<8xf32>, tensor<8xf32>
    }
    %all = pattern.scan (%t in 3) -> tensor<3xi32> {
      %n = arith.index_cast %t : index to i32
      pattern.next emit %n : i32
    }
    %one = pattern.map () -> tensor<f32> {
      %z = pattern.read %h0[3] : tensor<8xf32>
      pattern.yield %z : f32
    }
    func.return %ys : tensor<25x8xf32>
  }
}

// CHECK:      %w = pattern.parameter "lstm.W" scale 4.0 : tensor<4x8x8xf8E4M3FN>
// CHECK-NEXT: %b = pattern.parameter "lstm B" attributes {note} : tensor<4x8xf32>
// CHECK-NEXT: %table = pattern.table sigmoid entries 1024 from -8.0 to 8.0 : tensor<1024xf32>
// CHECK-NEXT: %hT, %ys = pattern.scan reverse (%t in 25) carry (%h = %h0 : tensor<8xf32>) -> (tensor<8xf32>, tensor<25x8xf32>) {
// CHECK-NEXT:   %p, %q = pattern.map (%g in 4, %i in 8 par 4 x 16) -> (tensor<4x8xf32>, tensor<4x8xf8E4M3FN>) {
// CHECK-NEXT:     %s, %m = pattern.reduce add, max (%k in 8 par 2 x 4) through [f16, f32] : f32, f16 {
// CHECK-NEXT:       %wv = pattern.read %w[%g, %i, %k] : tensor<4x8x8xf8E4M3FN>
// CHECK-NEXT:       %xv = pattern.read %x[(%t + 1) mod 2, 2 * (%k floordiv 2) - %k - 3] zero_outside : tensor<25x8xf32>
// CHECK-NEXT:       pattern.yield %wv, %xv : f8E4M3FN, f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %c = pattern.convert %s scale 127.5 toward_zero clamp 0, 1023 : f32 to i32
// CHECK-NEXT:     %e = pattern.gather %table[%c] : tensor<1024xf32>, i32
// CHECK-NEXT:     %a = pattern.activate hardsigmoid alpha 0.2 beta 0.5 %e : f32
// CHECK-NEXT:     %d = pattern.activate tanh with table %a : f32
// CHECK-NEXT:     %f = pattern.convert %d : f32 to f8E4M3FN
// CHECK-NEXT:     pattern.yield %d, %f : f32, f8E4M3FN
// CHECK-NEXT:   }
// CHECK-NEXT:   %hn = pattern.map (%i_1 in 8 par 2) -> tensor<8xf32> attributes {note} {
// CHECK-NEXT:     %v = pattern.read %p[0, 7 - %i_1] : tensor<4x8xf32>
// CHECK-NEXT:     pattern.yield %v : f32
// CHECK-NEXT:   }
// CHECK-NEXT:   pattern.next %hn emit %hn : tensor<8xf32>, tensor<8xf32>
// CHECK-NEXT: }
// CHECK-NEXT: %all = pattern.scan (%t_1 in 3) -> tensor<3xi32> {
// CHECK-NEXT:   %n = arith.index_cast %t_1 : index to i32
// CHECK-NEXT:   pattern.next emit %n : i32
// CHECK-NEXT: }
// CHECK-NEXT: %one = pattern.map () -> tensor<f32> {
// CHECK-NEXT:   %z = pattern.read %h0[3] : tensor<8xf32>
// CHECK-NEXT:   pattern.yield %z : f32
// CHECK-NEXT: }
