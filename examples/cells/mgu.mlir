// Minimal gated unit (Zhou, Wu, Zhang, Zhou, "Minimal Gated Unit for Recurrent Neural Networks",
// 2016): one gate that forgets and resets.
//
//   f = sigmoid(Wf x + Rf h' + bf)        n = tanh(Wn x + Rn (f h') + bn)
//   h = (1 - f) h' + f n
builtin.module attributes {pattern.weights = "mgu.safetensors"} {
  func.func @main(%x: tensor<6x10xf32> {pattern.name = "x"})
      -> (tensor<6x24xf32> {pattern.name = "y"}) {
    %W = pattern.parameter "W" : tensor<2x24x10xf32>
    %R = pattern.parameter "R" : tensor<2x24x24xf32>
    %B = pattern.parameter "B" : tensor<2x24xf32>
    %h0 = arith.constant dense<0.0> : tensor<24xf32>
    %h_last, %y = pattern.scan (%t in 6) carry (%h_prev = %h0 : tensor<24xf32>)
        -> (tensor<24xf32>, tensor<6x24xf32>) {
      %wx = pattern.map (%gate in 2, %j in 24) -> tensor<2x24xf32> {
        %s = pattern.reduce add (%k in 10) : f32 {
          %w = pattern.read %W[%gate, %j, %k] : tensor<2x24x10xf32>
          %v = pattern.read %x[%t, %k] : tensor<6x10xf32>
          %p = arith.mulf %w, %v : f32
          pattern.yield %p : f32
        }
        %bias = pattern.read %B[%gate, %j] : tensor<2x24xf32>
        %a = arith.addf %s, %bias : f32
        pattern.yield %a : f32
      }
      %rf = pattern.map (%j in 24) -> tensor<24xf32> {
        %s = pattern.reduce add (%k in 24) : f32 {
          %w = pattern.read %R[0, %j, %k] : tensor<2x24x24xf32>
          %v = pattern.read %h_prev[%k] : tensor<24xf32>
          %p = arith.mulf %w, %v : f32
          pattern.yield %p : f32
        }
        pattern.yield %s : f32
      }
      %f = pattern.map (%j in 24) -> tensor<24xf32> {
        %a = pattern.read %wx[0, %j] : tensor<2x24xf32>
        %b = pattern.read %rf[%j] : tensor<24xf32>
        %s = arith.addf %a, %b : f32
        %v = pattern.activate sigmoid %s : f32
        pattern.yield %v : f32
      }
      %fh = pattern.map (%j in 24) -> tensor<24xf32> {
        %fv = pattern.read %f[%j] : tensor<24xf32>
        %hp = pattern.read %h_prev[%j] : tensor<24xf32>
        %p = arith.mulf %fv, %hp : f32
        pattern.yield %p : f32
      }
      %rn = pattern.map (%j in 24) -> tensor<24xf32> {
        %s = pattern.reduce add (%k in 24) : f32 {
          %w = pattern.read %R[1, %j, %k] : tensor<2x24x24xf32>
          %v = pattern.read %fh[%k] : tensor<24xf32>
          %p = arith.mulf %w, %v : f32
          pattern.yield %p : f32
        }
        pattern.yield %s : f32
      }
      %n = pattern.map (%j in 24) -> tensor<24xf32> {
        %a = pattern.read %wx[1, %j] : tensor<2x24xf32>
        %b = pattern.read %rn[%j] : tensor<24xf32>
        %s = arith.addf %a, %b : f32
        %v = pattern.activate tanh %s : f32
        pattern.yield %v : f32
      }
      %h = pattern.map (%j in 24) -> tensor<24xf32> {
        %one = arith.constant 1.0 : f32
        %fv = pattern.read %f[%j] : tensor<24xf32>
        %hp = pattern.read %h_prev[%j] : tensor<24xf32>
        %nv = pattern.read %n[%j] : tensor<24xf32>
        %rest = arith.subf %one, %fv : f32
        %keep = arith.mulf %rest, %hp : f32
        %new = arith.mulf %fv, %nv : f32
        %s = arith.addf %keep, %new : f32
        pattern.yield %s : f32
      }
      pattern.next %h emit %h : tensor<24xf32>, tensor<24xf32>
    }
    func.return %y : tensor<6x24xf32>
  }
}
