// GRU that resets the product with the state (as cuDNN does): all products are of h', so that they
// can run side by side.
//
//   z = sigmoid(Wz x + bz + Rz h' + cz)        n = tanh(Wn x + bn + r (Rn h' + cn))
//   r = sigmoid(Wr x + br + Rr h' + cr)        h = z h' + (1 - z) n
//
// Gates z, r, n in this order; a prime marks the step before.
//
// In 8-bit floats: weights, inputs and what goes into a product are stored times 16, products are
// 8-bit, the first level of a sum is f16, all others f32; gates and state stay in f32, activations
// are looked up in tables.
builtin.module attributes {pattern.weights = "gru_reset_after.safetensors"} {
  func.func @main(%x: tensor<6x10xf8E4M3FN> {pattern.name = "x", pattern.scale = 16.0 : f32})
      -> (tensor<6x24xf32> {pattern.name = "y"}) {
    %W = pattern.parameter "W" scale 16.0 : tensor<3x24x10xf8E4M3FN>
    %R = pattern.parameter "R" scale 16.0 : tensor<3x24x24xf8E4M3FN>
    %B = pattern.parameter "B" : tensor<3x24xf32>
    %C = pattern.parameter "C" : tensor<3x24xf32>
    %q0 = arith.constant dense<0.0> : tensor<24xf8E4M3FN>
    %h0 = arith.constant dense<0.0> : tensor<24xf32>
    %q_last, %h_last, %y = pattern.scan (%t in 6)
        carry (%q_prev = %q0 : tensor<24xf8E4M3FN>, %h_prev = %h0 : tensor<24xf32>)
        -> (tensor<24xf8E4M3FN>, tensor<24xf32>, tensor<6x24xf32>) {
      %wx = pattern.map (%gate in 3, %j in 24) -> tensor<3x24xf32> {
        %s = pattern.reduce add (%k in 10) through [f16, f32] : f32 {
          %w = pattern.read %W[%gate, %j, %k] : tensor<3x24x10xf8E4M3FN>
          %v = pattern.read %x[%t, %k] : tensor<6x10xf8E4M3FN>
          %p = arith.mulf %w, %v : f8E4M3FN
          pattern.yield %p : f8E4M3FN
        }
        %scale = arith.constant 0.00390625 : f32
        %u = arith.mulf %s, %scale : f32
        %bias = pattern.read %B[%gate, %j] : tensor<3x24xf32>
        %a = arith.addf %u, %bias : f32
        pattern.yield %a : f32
      }
      %rh = pattern.map (%gate in 3, %j in 24) -> tensor<3x24xf32> {
        %s = pattern.reduce add (%k in 24) through [f16, f32] : f32 {
          %w = pattern.read %R[%gate, %j, %k] : tensor<3x24x24xf8E4M3FN>
          %v = pattern.read %q_prev[%k] : tensor<24xf8E4M3FN>
          %p = arith.mulf %w, %v : f8E4M3FN
          pattern.yield %p : f8E4M3FN
        }
        %scale = arith.constant 0.00390625 : f32
        %u = arith.mulf %s, %scale : f32
        %bias = pattern.read %C[%gate, %j] : tensor<3x24xf32>
        %a = arith.addf %u, %bias : f32
        pattern.yield %a : f32
      }
      %zr = pattern.map (%gate in 2, %j in 24) -> tensor<2x24xf32> {
        %a = pattern.read %wx[%gate, %j] : tensor<3x24xf32>
        %b = pattern.read %rh[%gate, %j] : tensor<3x24xf32>
        %s = arith.addf %a, %b : f32
        %v = pattern.activate sigmoid with table %s : f32
        pattern.yield %v : f32
      }
      %n = pattern.map (%j in 24) -> tensor<24xf32> {
        %a = pattern.read %wx[2, %j] : tensor<3x24xf32>
        %r = pattern.read %zr[1, %j] : tensor<2x24xf32>
        %b = pattern.read %rh[2, %j] : tensor<3x24xf32>
        %rb = arith.mulf %r, %b : f32
        %s = arith.addf %a, %rb : f32
        %v = pattern.activate tanh with table %s : f32
        pattern.yield %v : f32
      }
      %h, %q = pattern.map (%j in 24) -> (tensor<24xf32>, tensor<24xf8E4M3FN>) {
        %one = arith.constant 1.0 : f32
        %z = pattern.read %zr[0, %j] : tensor<2x24xf32>
        %hp = pattern.read %h_prev[%j] : tensor<24xf32>
        %nv = pattern.read %n[%j] : tensor<24xf32>
        %keep = arith.mulf %z, %hp : f32
        %rest = arith.subf %one, %z : f32
        %new = arith.mulf %rest, %nv : f32
        %s = arith.addf %keep, %new : f32
        %s8 = pattern.convert %s scale 16.0 : f32 to f8E4M3FN
        pattern.yield %s, %s8 : f32, f8E4M3FN
      }
      pattern.next %q, %h emit %h
          : tensor<24xf8E4M3FN>, tensor<24xf32>, tensor<24xf32>
    }
    func.return %y : tensor<6x24xf32>
  }
}
