// LSTM with peepholes and a recurrent projection (Sak, Senior, Beaufays, "Long Short-Term Memory
// Recurrent Neural Network Architectures for Large Scale Acoustic Modeling", 2014).
//
//   i = sigmoid(Wi x + Ri r' + pi c' + bi)        c = f c' + i g
//   f = sigmoid(Wf x + Rf r' + pf c' + bf)        o = sigmoid(Wo x + Ro r' + po c + bo)
//   g = tanh(Wg x + Rg r' + bg)                   r = V (o tanh(c))
//
// Gates i, f, g, o in this order; a prime marks the step before; p are vectors, r has P elements.
//
// In 8-bit floats: weights, inputs and what goes into a product are stored times 16, products are
// 8-bit, the first level of a sum is f16, all others f32; gates and state stay in f32, activations
// are looked up in tables.
builtin.module attributes {pattern.weights = "lstm_peephole.safetensors"} {
  func.func @main(%x: tensor<6x10xf8E4M3FN> {pattern.name = "x", pattern.scale = 16.0 : f32})
      -> (tensor<6x12xf32> {pattern.name = "y"}, tensor<24xf32> {pattern.name = "c"}) {
    %W = pattern.parameter "W" scale 16.0 : tensor<4x24x10xf8E4M3FN>
    %R = pattern.parameter "R" scale 16.0 : tensor<4x24x12xf8E4M3FN>
    %B = pattern.parameter "B" : tensor<4x24xf32>
    %peep = pattern.parameter "peep" : tensor<3x24xf32>
    %V = pattern.parameter "V" scale 16.0 : tensor<12x24xf8E4M3FN>
    %q0 = arith.constant dense<0.0> : tensor<12xf8E4M3FN>
    %c0 = arith.constant dense<0.0> : tensor<24xf32>
    %q_last, %c_last, %y = pattern.scan (%t in 6)
        carry (%q_prev = %q0 : tensor<12xf8E4M3FN>, %c_prev = %c0 : tensor<24xf32>)
        -> (tensor<12xf8E4M3FN>, tensor<24xf32>, tensor<6x12xf32>) {
      %wx = pattern.map (%gate in 4, %j in 24) -> tensor<4x24xf32> {
        %s = pattern.reduce add (%k in 10) through [f16, f32] : f32 {
          %w = pattern.read %W[%gate, %j, %k] : tensor<4x24x10xf8E4M3FN>
          %v = pattern.read %x[%t, %k] : tensor<6x10xf8E4M3FN>
          %p = arith.mulf %w, %v : f8E4M3FN
          pattern.yield %p : f8E4M3FN
        }
        %scale = arith.constant 0.00390625 : f32
        %u = arith.mulf %s, %scale : f32
        pattern.yield %u : f32
      }
      %rr = pattern.map (%gate in 4, %j in 24) -> tensor<4x24xf32> {
        %s = pattern.reduce add (%k in 12) through [f16, f32] : f32 {
          %w = pattern.read %R[%gate, %j, %k] : tensor<4x24x12xf8E4M3FN>
          %v = pattern.read %q_prev[%k] : tensor<12xf8E4M3FN>
          %p = arith.mulf %w, %v : f8E4M3FN
          pattern.yield %p : f8E4M3FN
        }
        %scale = arith.constant 0.00390625 : f32
        %u = arith.mulf %s, %scale : f32
        pattern.yield %u : f32
      }
      %pre = pattern.map (%gate in 4, %j in 24) -> tensor<4x24xf32> {
        %a = pattern.read %wx[%gate, %j] : tensor<4x24xf32>
        %b = pattern.read %rr[%gate, %j] : tensor<4x24xf32>
        %bias = pattern.read %B[%gate, %j] : tensor<4x24xf32>
        %ab = arith.addf %a, %b : f32
        %z = arith.addf %ab, %bias : f32
        pattern.yield %z : f32
      }
      %i = pattern.map (%j in 24) -> tensor<24xf32> {
        %z = pattern.read %pre[0, %j] : tensor<4x24xf32>
        %p = pattern.read %peep[0, %j] : tensor<3x24xf32>
        %cp = pattern.read %c_prev[%j] : tensor<24xf32>
        %pc = arith.mulf %p, %cp : f32
        %s = arith.addf %z, %pc : f32
        %a = pattern.activate sigmoid with table %s : f32
        pattern.yield %a : f32
      }
      %f = pattern.map (%j in 24) -> tensor<24xf32> {
        %z = pattern.read %pre[1, %j] : tensor<4x24xf32>
        %p = pattern.read %peep[1, %j] : tensor<3x24xf32>
        %cp = pattern.read %c_prev[%j] : tensor<24xf32>
        %pc = arith.mulf %p, %cp : f32
        %s = arith.addf %z, %pc : f32
        %a = pattern.activate sigmoid with table %s : f32
        pattern.yield %a : f32
      }
      %g = pattern.map (%j in 24) -> tensor<24xf32> {
        %z = pattern.read %pre[2, %j] : tensor<4x24xf32>
        %a = pattern.activate tanh with table %z : f32
        pattern.yield %a : f32
      }
      %c = pattern.map (%j in 24) -> tensor<24xf32> {
        %fv = pattern.read %f[%j] : tensor<24xf32>
        %cp = pattern.read %c_prev[%j] : tensor<24xf32>
        %iv = pattern.read %i[%j] : tensor<24xf32>
        %gv = pattern.read %g[%j] : tensor<24xf32>
        %fc = arith.mulf %fv, %cp : f32
        %ig = arith.mulf %iv, %gv : f32
        %s = arith.addf %fc, %ig : f32
        pattern.yield %s : f32
      }
      %o = pattern.map (%j in 24) -> tensor<24xf32> {
        %z = pattern.read %pre[3, %j] : tensor<4x24xf32>
        %p = pattern.read %peep[2, %j] : tensor<3x24xf32>
        %cv = pattern.read %c[%j] : tensor<24xf32>
        %pc = arith.mulf %p, %cv : f32
        %s = arith.addf %z, %pc : f32
        %a = pattern.activate sigmoid with table %s : f32
        pattern.yield %a : f32
      }
      %m = pattern.map (%j in 24) -> tensor<24xf8E4M3FN> {
        %ov = pattern.read %o[%j] : tensor<24xf32>
        %cv = pattern.read %c[%j] : tensor<24xf32>
        %ct = pattern.activate tanh with table %cv : f32
        %p = arith.mulf %ov, %ct : f32
        %p8 = pattern.convert %p scale 16.0 : f32 to f8E4M3FN
        pattern.yield %p8 : f8E4M3FN
      }
      %r, %q = pattern.map (%j in 12) -> (tensor<12xf32>, tensor<12xf8E4M3FN>) {
        %s = pattern.reduce add (%k in 24) through [f16, f32] : f32 {
          %w = pattern.read %V[%j, %k] : tensor<12x24xf8E4M3FN>
          %v = pattern.read %m[%k] : tensor<24xf8E4M3FN>
          %p = arith.mulf %w, %v : f8E4M3FN
          pattern.yield %p : f8E4M3FN
        }
        %scale = arith.constant 0.00390625 : f32
        %u = arith.mulf %s, %scale : f32
        %u8 = pattern.convert %u scale 16.0 : f32 to f8E4M3FN
        pattern.yield %u, %u8 : f32, f8E4M3FN
      }
      pattern.next %q, %c emit %r
          : tensor<12xf8E4M3FN>, tensor<24xf32>, tensor<12xf32>
    }
    func.return %y, %c_last : tensor<6x12xf32>, tensor<24xf32>
  }
}
