// LSTM with peepholes and a recurrent projection (Sak, Senior, Beaufays, "Long Short-Term Memory
// Recurrent Neural Network Architectures for Large Scale Acoustic Modeling", 2014).
//
//   i = sigmoid(Wi x + Ri r' + pi c' + bi)        c = f c' + i g
//   f = sigmoid(Wf x + Rf r' + pf c' + bf)        o = sigmoid(Wo x + Ro r' + po c + bo)
//   g = tanh(Wg x + Rg r' + bg)                   r = V (o tanh(c))
//
// Gates i, f, g, o in this order; a prime marks the step before; p are vectors, r has P elements.
builtin.module attributes {pattern.weights = "lstm_peephole.safetensors"} {
  func.func @main(%x: tensor<6x10xf32> {pattern.name = "x"})
      -> (tensor<6x12xf32> {pattern.name = "y"}, tensor<24xf32> {pattern.name = "c"}) {
    %W = pattern.parameter "W" : tensor<4x24x10xf32>
    %R = pattern.parameter "R" : tensor<4x24x12xf32>
    %B = pattern.parameter "B" : tensor<4x24xf32>
    %peep = pattern.parameter "peep" : tensor<3x24xf32>
    %V = pattern.parameter "V" : tensor<12x24xf32>
    %r0 = arith.constant dense<0.0> : tensor<12xf32>
    %c0 = arith.constant dense<0.0> : tensor<24xf32>
    %r_last, %c_last, %y = pattern.scan (%t in 6)
        carry (%r_prev = %r0 : tensor<12xf32>, %c_prev = %c0 : tensor<24xf32>)
        -> (tensor<12xf32>, tensor<24xf32>, tensor<6x12xf32>) {
      %wx = pattern.map (%gate in 4, %j in 24) -> tensor<4x24xf32> {
        %s = pattern.reduce add (%k in 10) : f32 {
          %w = pattern.read %W[%gate, %j, %k] : tensor<4x24x10xf32>
          %v = pattern.read %x[%t, %k] : tensor<6x10xf32>
          %p = arith.mulf %w, %v : f32
          pattern.yield %p : f32
        }
        pattern.yield %s : f32
      }
      %rr = pattern.map (%gate in 4, %j in 24) -> tensor<4x24xf32> {
        %s = pattern.reduce add (%k in 12) : f32 {
          %w = pattern.read %R[%gate, %j, %k] : tensor<4x24x12xf32>
          %v = pattern.read %r_prev[%k] : tensor<12xf32>
          %p = arith.mulf %w, %v : f32
          pattern.yield %p : f32
        }
        pattern.yield %s : f32
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
        %a = pattern.activate sigmoid %s : f32
        pattern.yield %a : f32
      }
      %f = pattern.map (%j in 24) -> tensor<24xf32> {
        %z = pattern.read %pre[1, %j] : tensor<4x24xf32>
        %p = pattern.read %peep[1, %j] : tensor<3x24xf32>
        %cp = pattern.read %c_prev[%j] : tensor<24xf32>
        %pc = arith.mulf %p, %cp : f32
        %s = arith.addf %z, %pc : f32
        %a = pattern.activate sigmoid %s : f32
        pattern.yield %a : f32
      }
      %g = pattern.map (%j in 24) -> tensor<24xf32> {
        %z = pattern.read %pre[2, %j] : tensor<4x24xf32>
        %a = pattern.activate tanh %z : f32
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
        %a = pattern.activate sigmoid %s : f32
        pattern.yield %a : f32
      }
      %m = pattern.map (%j in 24) -> tensor<24xf32> {
        %ov = pattern.read %o[%j] : tensor<24xf32>
        %cv = pattern.read %c[%j] : tensor<24xf32>
        %ct = pattern.activate tanh %cv : f32
        %p = arith.mulf %ov, %ct : f32
        pattern.yield %p : f32
      }
      %r = pattern.map (%j in 12) -> tensor<12xf32> {
        %s = pattern.reduce add (%k in 24) : f32 {
          %w = pattern.read %V[%j, %k] : tensor<12x24xf32>
          %v = pattern.read %m[%k] : tensor<24xf32>
          %p = arith.mulf %w, %v : f32
          pattern.yield %p : f32
        }
        pattern.yield %s : f32
      }
      pattern.next %r, %c emit %r : tensor<12xf32>, tensor<24xf32>, tensor<12xf32>
    }
    func.return %y, %c_last : tensor<6x12xf32>, tensor<24xf32>
  }
}
