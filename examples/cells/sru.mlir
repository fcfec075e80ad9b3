// Simple recurrent unit (Lei, Zhang, Wang, Dai, Artzi, "Simple Recurrent Units for Highly
// Parallelizable Recurrence", 2018): the products don't depend on the state, so they stand in front
// of the recurrence, for all steps at once; what recurs is element by element.
//
//   f = sigmoid(Wf x + vf c' + bf)        c = f c' + (1 - f) (W x)
//   r = sigmoid(Wr x + vr c' + br)        h = r c + (1 - r) x
//
// Rows of W: candidate, f, r. Inputs and state have the same size.
builtin.module attributes {pattern.weights = "sru.safetensors"} {
  func.func @main(%x: tensor<6x24xf32> {pattern.name = "x"})
      -> (tensor<6x24xf32> {pattern.name = "y"}, tensor<24xf32> {pattern.name = "c"}) {
    %W = pattern.parameter "W" : tensor<3x24x24xf32>
    %V = pattern.parameter "V" : tensor<2x24xf32>
    %B = pattern.parameter "B" : tensor<2x24xf32>
    %u = pattern.map (%t in 6, %part in 3, %j in 24) -> tensor<6x3x24xf32> {
      %s = pattern.reduce add (%k in 24) : f32 {
        %w = pattern.read %W[%part, %j, %k] : tensor<3x24x24xf32>
        %v = pattern.read %x[%t, %k] : tensor<6x24xf32>
        %p = arith.mulf %w, %v : f32
        pattern.yield %p : f32
      }
      pattern.yield %s : f32
    }
    %c0 = arith.constant dense<0.0> : tensor<24xf32>
    %c_last, %y = pattern.scan (%t in 6) carry (%c_prev = %c0 : tensor<24xf32>)
        -> (tensor<24xf32>, tensor<6x24xf32>) {
      %gates = pattern.map (%gate in 2, %j in 24) -> tensor<2x24xf32> {
        %a = pattern.read %u[%t, %gate + 1, %j] : tensor<6x3x24xf32>
        %v = pattern.read %V[%gate, %j] : tensor<2x24xf32>
        %cp = pattern.read %c_prev[%j] : tensor<24xf32>
        %bias = pattern.read %B[%gate, %j] : tensor<2x24xf32>
        %vc = arith.mulf %v, %cp : f32
        %s = arith.addf %a, %vc : f32
        %z = arith.addf %s, %bias : f32
        %g = pattern.activate sigmoid %z : f32
        pattern.yield %g : f32
      }
      %c = pattern.map (%j in 24) -> tensor<24xf32> {
        %one = arith.constant 1.0 : f32
        %f = pattern.read %gates[0, %j] : tensor<2x24xf32>
        %cp = pattern.read %c_prev[%j] : tensor<24xf32>
        %n = pattern.read %u[%t, 0, %j] : tensor<6x3x24xf32>
        %keep = arith.mulf %f, %cp : f32
        %rest = arith.subf %one, %f : f32
        %new = arith.mulf %rest, %n : f32
        %s = arith.addf %keep, %new : f32
        pattern.yield %s : f32
      }
      %h = pattern.map (%j in 24) -> tensor<24xf32> {
        %one = arith.constant 1.0 : f32
        %r = pattern.read %gates[1, %j] : tensor<2x24xf32>
        %cv = pattern.read %c[%j] : tensor<24xf32>
        %xv = pattern.read %x[%t, %j] : tensor<6x24xf32>
        %inner = arith.mulf %r, %cv : f32
        %rest = arith.subf %one, %r : f32
        %skip = arith.mulf %rest, %xv : f32
        %s = arith.addf %inner, %skip : f32
        pattern.yield %s : f32
      }
      pattern.next %c emit %h : tensor<24xf32>, tensor<24xf32>
    }
    func.return %y, %c_last : tensor<6x24xf32>, tensor<24xf32>
  }
}
