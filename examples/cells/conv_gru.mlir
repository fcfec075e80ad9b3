// A 1-D convolution over the steps in front of a GRU (reset after, see gru_reset_after.mlir). The
// convolution keeps the length: steps before the first and behind the last count as zero.
//
//   u[t] = relu(sum over i of K[i] x[t + i - 1] + e)        y = GRU(u)
builtin.module attributes {pattern.weights = "conv_gru.safetensors"} {
  func.func @main(%x: tensor<6x10xf32> {pattern.name = "x"})
      -> (tensor<6x24xf32> {pattern.name = "y"}) {
    %K = pattern.parameter "K" : tensor<16x3x10xf32>
    %e = pattern.parameter "e" : tensor<16xf32>
    %W = pattern.parameter "W" : tensor<3x24x16xf32>
    %R = pattern.parameter "R" : tensor<3x24x24xf32>
    %B = pattern.parameter "B" : tensor<3x24xf32>
    %C = pattern.parameter "C" : tensor<3x24xf32>
    %conv = pattern.map (%t in 6, %c in 16) -> tensor<6x16xf32> {
      %s = pattern.reduce add (%i in 3, %k in 10) : f32 {
        %w = pattern.read %K[%c, %i, %k] : tensor<16x3x10xf32>
        %v = pattern.read %x[%t + %i - 1, %k] zero_outside : tensor<6x10xf32>
        %p = arith.mulf %w, %v : f32
        pattern.yield %p : f32
      }
      pattern.yield %s : f32
    }
    %u = pattern.map (%t in 6, %c in 16) -> tensor<6x16xf32> {
      %v = pattern.read %conv[%t, %c] : tensor<6x16xf32>
      %bias = pattern.read %e[%c] : tensor<16xf32>
      %s = arith.addf %v, %bias : f32
      %a = pattern.activate relu %s : f32
      pattern.yield %a : f32
    }
    %h0 = arith.constant dense<0.0> : tensor<24xf32>
    %h_last, %y = pattern.scan (%t in 6) carry (%h_prev = %h0 : tensor<24xf32>)
        -> (tensor<24xf32>, tensor<6x24xf32>) {
      %wx = pattern.map (%gate in 3, %j in 24) -> tensor<3x24xf32> {
        %s = pattern.reduce add (%k in 16) : f32 {
          %w = pattern.read %W[%gate, %j, %k] : tensor<3x24x16xf32>
          %v = pattern.read %u[%t, %k] : tensor<6x16xf32>
          %p = arith.mulf %w, %v : f32
          pattern.yield %p : f32
        }
        %bias = pattern.read %B[%gate, %j] : tensor<3x24xf32>
        %a = arith.addf %s, %bias : f32
        pattern.yield %a : f32
      }
      %rh = pattern.map (%gate in 3, %j in 24) -> tensor<3x24xf32> {
        %s = pattern.reduce add (%k in 24) : f32 {
          %w = pattern.read %R[%gate, %j, %k] : tensor<3x24x24xf32>
          %v = pattern.read %h_prev[%k] : tensor<24xf32>
          %p = arith.mulf %w, %v : f32
          pattern.yield %p : f32
        }
        %bias = pattern.read %C[%gate, %j] : tensor<3x24xf32>
        %a = arith.addf %s, %bias : f32
        pattern.yield %a : f32
      }
      %zr = pattern.map (%gate in 2, %j in 24) -> tensor<2x24xf32> {
        %a = pattern.read %wx[%gate, %j] : tensor<3x24xf32>
        %b = pattern.read %rh[%gate, %j] : tensor<3x24xf32>
        %s = arith.addf %a, %b : f32
        %v = pattern.activate sigmoid %s : f32
        pattern.yield %v : f32
      }
      %n = pattern.map (%j in 24) -> tensor<24xf32> {
        %a = pattern.read %wx[2, %j] : tensor<3x24xf32>
        %r = pattern.read %zr[1, %j] : tensor<2x24xf32>
        %b = pattern.read %rh[2, %j] : tensor<3x24xf32>
        %rb = arith.mulf %r, %b : f32
        %s = arith.addf %a, %rb : f32
        %v = pattern.activate tanh %s : f32
        pattern.yield %v : f32
      }
      %h = pattern.map (%j in 24) -> tensor<24xf32> {
        %one = arith.constant 1.0 : f32
        %z = pattern.read %zr[0, %j] : tensor<2x24xf32>
        %hp = pattern.read %h_prev[%j] : tensor<24xf32>
        %nv = pattern.read %n[%j] : tensor<24xf32>
        %keep = arith.mulf %z, %hp : f32
        %rest = arith.subf %one, %z : f32
        %new = arith.mulf %rest, %nv : f32
        %s = arith.addf %keep, %new : f32
        pattern.yield %s : f32
      }
      pattern.next %h emit %h : tensor<24xf32>, tensor<24xf32>
    }
    func.return %y : tensor<6x24xf32>
  }
}
