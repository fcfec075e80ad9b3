// Light GRU (Ravanelli, Brakel, Omologo, Bengio, "Light Gated Recurrent Units for Speech
// Recognition", 2018): no reset gate, a ReLU candidate. Its batch normalisation of W x is, when a
// trained network is used, a fixed scale a and shift b per row.
//
//   z = sigmoid(az (Wz x) + bz + Rz h')        n = relu(an (Wn x) + bn + Rn h')
//   h = z h' + (1 - z) n
builtin.module attributes {pattern.weights = "ligru.safetensors"} {
  func.func @main(%x: tensor<6x10xf32> {pattern.name = "x"})
      -> (tensor<6x24xf32> {pattern.name = "y"}) {
    %W = pattern.parameter "W" : tensor<2x24x10xf32>
    %R = pattern.parameter "R" : tensor<2x24x24xf32>
    %A = pattern.parameter "A" : tensor<2x24xf32>
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
        pattern.yield %s : f32
      }
      %normal = pattern.map (%gate in 2, %j in 24) -> tensor<2x24xf32> {
        %v = pattern.read %wx[%gate, %j] : tensor<2x24xf32>
        %a = pattern.read %A[%gate, %j] : tensor<2x24xf32>
        %b = pattern.read %B[%gate, %j] : tensor<2x24xf32>
        %av = arith.mulf %a, %v : f32
        %s = arith.addf %av, %b : f32
        pattern.yield %s : f32
      }
      %rh = pattern.map (%gate in 2, %j in 24) -> tensor<2x24xf32> {
        %s = pattern.reduce add (%k in 24) : f32 {
          %w = pattern.read %R[%gate, %j, %k] : tensor<2x24x24xf32>
          %v = pattern.read %h_prev[%k] : tensor<24xf32>
          %p = arith.mulf %w, %v : f32
          pattern.yield %p : f32
        }
        pattern.yield %s : f32
      }
      %z = pattern.map (%j in 24) -> tensor<24xf32> {
        %a = pattern.read %normal[0, %j] : tensor<2x24xf32>
        %b = pattern.read %rh[0, %j] : tensor<2x24xf32>
        %s = arith.addf %a, %b : f32
        %v = pattern.activate sigmoid %s : f32
        pattern.yield %v : f32
      }
      %n = pattern.map (%j in 24) -> tensor<24xf32> {
        %a = pattern.read %normal[1, %j] : tensor<2x24xf32>
        %b = pattern.read %rh[1, %j] : tensor<2x24xf32>
        %s = arith.addf %a, %b : f32
        %v = pattern.activate relu %s : f32
        pattern.yield %v : f32
      }
      %h = pattern.map (%j in 24) -> tensor<24xf32> {
        %one = arith.constant 1.0 : f32
        %zv = pattern.read %z[%j] : tensor<24xf32>
        %hp = pattern.read %h_prev[%j] : tensor<24xf32>
        %nv = pattern.read %n[%j] : tensor<24xf32>
        %keep = arith.mulf %zv, %hp : f32
        %rest = arith.subf %one, %zv : f32
        %new = arith.mulf %rest, %nv : f32
        %s = arith.addf %keep, %new : f32
        pattern.yield %s : f32
      }
      pattern.next %h emit %h : tensor<24xf32>, tensor<24xf32>
    }
    func.return %y : tensor<6x24xf32>
  }
}
