// Two LSTM layers, one step of each in turn: the second reads what the first has just made.
//
//   i, f, o = sigmoid(W x + R h' + b)        c = f c' + i g
//   g       = tanh(W x + R h' + b)           h = o tanh(c)
//
// Gates i, f, g, o in this order; names end in the number of the layer.
builtin.module attributes {pattern.weights = "lstm_two_layers.safetensors"} {
  func.func @main(%x: tensor<6x10xf32> {pattern.name = "x"})
      -> (tensor<6x24xf32> {pattern.name = "y"}, tensor<24xf32> {pattern.name = "c1"},
          tensor<24xf32> {pattern.name = "c2"}) {
    %W1 = pattern.parameter "W1" : tensor<4x24x10xf32>
    %R1 = pattern.parameter "R1" : tensor<4x24x24xf32>
    %B1 = pattern.parameter "B1" : tensor<4x24xf32>
    %W2 = pattern.parameter "W2" : tensor<4x24x24xf32>
    %R2 = pattern.parameter "R2" : tensor<4x24x24xf32>
    %B2 = pattern.parameter "B2" : tensor<4x24xf32>
    %zero = arith.constant dense<0.0> : tensor<24xf32>
    %h1_last, %c1_last, %h2_last, %c2_last, %y = pattern.scan (%t in 6)
        carry (%h1_prev = %zero : tensor<24xf32>, %c1_prev = %zero : tensor<24xf32>,
               %h2_prev = %zero : tensor<24xf32>, %c2_prev = %zero : tensor<24xf32>)
        -> (tensor<24xf32>, tensor<24xf32>, tensor<24xf32>, tensor<24xf32>,
            tensor<6x24xf32>) {
      %wx1 = pattern.map (%gate in 4, %j in 24) -> tensor<4x24xf32> {
        %s = pattern.reduce add (%k in 10) : f32 {
          %w = pattern.read %W1[%gate, %j, %k] : tensor<4x24x10xf32>
          %v = pattern.read %x[%t, %k] : tensor<6x10xf32>
          %p = arith.mulf %w, %v : f32
          pattern.yield %p : f32
        }
        pattern.yield %s : f32
      }
      %rh1 = pattern.map (%gate in 4, %j in 24) -> tensor<4x24xf32> {
        %s = pattern.reduce add (%k in 24) : f32 {
          %w = pattern.read %R1[%gate, %j, %k] : tensor<4x24x24xf32>
          %v = pattern.read %h1_prev[%k] : tensor<24xf32>
          %p = arith.mulf %w, %v : f32
          pattern.yield %p : f32
        }
        pattern.yield %s : f32
      }
      %pre1 = pattern.map (%gate in 4, %j in 24) -> tensor<4x24xf32> {
        %a = pattern.read %wx1[%gate, %j] : tensor<4x24xf32>
        %b = pattern.read %rh1[%gate, %j] : tensor<4x24xf32>
        %bias = pattern.read %B1[%gate, %j] : tensor<4x24xf32>
        %ab = arith.addf %a, %b : f32
        %z = arith.addf %ab, %bias : f32
        pattern.yield %z : f32
      }
      %i1 = pattern.map (%j in 24) -> tensor<24xf32> {
        %z = pattern.read %pre1[0, %j] : tensor<4x24xf32>
        %a = pattern.activate sigmoid %z : f32
        pattern.yield %a : f32
      }
      %f1 = pattern.map (%j in 24) -> tensor<24xf32> {
        %z = pattern.read %pre1[1, %j] : tensor<4x24xf32>
        %a = pattern.activate sigmoid %z : f32
        pattern.yield %a : f32
      }
      %g1 = pattern.map (%j in 24) -> tensor<24xf32> {
        %z = pattern.read %pre1[2, %j] : tensor<4x24xf32>
        %a = pattern.activate tanh %z : f32
        pattern.yield %a : f32
      }
      %o1 = pattern.map (%j in 24) -> tensor<24xf32> {
        %z = pattern.read %pre1[3, %j] : tensor<4x24xf32>
        %a = pattern.activate sigmoid %z : f32
        pattern.yield %a : f32
      }
      %c1 = pattern.map (%j in 24) -> tensor<24xf32> {
        %fv = pattern.read %f1[%j] : tensor<24xf32>
        %cp = pattern.read %c1_prev[%j] : tensor<24xf32>
        %iv = pattern.read %i1[%j] : tensor<24xf32>
        %gv = pattern.read %g1[%j] : tensor<24xf32>
        %fc = arith.mulf %fv, %cp : f32
        %ig = arith.mulf %iv, %gv : f32
        %s = arith.addf %fc, %ig : f32
        pattern.yield %s : f32
      }
      %h1 = pattern.map (%j in 24) -> tensor<24xf32> {
        %ov = pattern.read %o1[%j] : tensor<24xf32>
        %cv = pattern.read %c1[%j] : tensor<24xf32>
        %ct = pattern.activate tanh %cv : f32
        %p = arith.mulf %ov, %ct : f32
        pattern.yield %p : f32
      }

      %wx2 = pattern.map (%gate in 4, %j in 24) -> tensor<4x24xf32> {
        %s = pattern.reduce add (%k in 24) : f32 {
          %w = pattern.read %W2[%gate, %j, %k] : tensor<4x24x24xf32>
          %v = pattern.read %h1[%k] : tensor<24xf32>
          %p = arith.mulf %w, %v : f32
          pattern.yield %p : f32
        }
        pattern.yield %s : f32
      }
      %rh2 = pattern.map (%gate in 4, %j in 24) -> tensor<4x24xf32> {
        %s = pattern.reduce add (%k in 24) : f32 {
          %w = pattern.read %R2[%gate, %j, %k] : tensor<4x24x24xf32>
          %v = pattern.read %h2_prev[%k] : tensor<24xf32>
          %p = arith.mulf %w, %v : f32
          pattern.yield %p : f32
        }
        pattern.yield %s : f32
      }
      %pre2 = pattern.map (%gate in 4, %j in 24) -> tensor<4x24xf32> {
        %a = pattern.read %wx2[%gate, %j] : tensor<4x24xf32>
        %b = pattern.read %rh2[%gate, %j] : tensor<4x24xf32>
        %bias = pattern.read %B2[%gate, %j] : tensor<4x24xf32>
        %ab = arith.addf %a, %b : f32
        %z = arith.addf %ab, %bias : f32
        pattern.yield %z : f32
      }
      %i2 = pattern.map (%j in 24) -> tensor<24xf32> {
        %z = pattern.read %pre2[0, %j] : tensor<4x24xf32>
        %a = pattern.activate sigmoid %z : f32
        pattern.yield %a : f32
      }
      %f2 = pattern.map (%j in 24) -> tensor<24xf32> {
        %z = pattern.read %pre2[1, %j] : tensor<4x24xf32>
        %a = pattern.activate sigmoid %z : f32
        pattern.yield %a : f32
      }
      %g2 = pattern.map (%j in 24) -> tensor<24xf32> {
        %z = pattern.read %pre2[2, %j] : tensor<4x24xf32>
        %a = pattern.activate tanh %z : f32
        pattern.yield %a : f32
      }
      %o2 = pattern.map (%j in 24) -> tensor<24xf32> {
        %z = pattern.read %pre2[3, %j] : tensor<4x24xf32>
        %a = pattern.activate sigmoid %z : f32
        pattern.yield %a : f32
      }
      %c2 = pattern.map (%j in 24) -> tensor<24xf32> {
        %fv = pattern.read %f2[%j] : tensor<24xf32>
        %cp = pattern.read %c2_prev[%j] : tensor<24xf32>
        %iv = pattern.read %i2[%j] : tensor<24xf32>
        %gv = pattern.read %g2[%j] : tensor<24xf32>
        %fc = arith.mulf %fv, %cp : f32
        %ig = arith.mulf %iv, %gv : f32
        %s = arith.addf %fc, %ig : f32
        pattern.yield %s : f32
      }
      %h2 = pattern.map (%j in 24) -> tensor<24xf32> {
        %ov = pattern.read %o2[%j] : tensor<24xf32>
        %cv = pattern.read %c2[%j] : tensor<24xf32>
        %ct = pattern.activate tanh %cv : f32
        %p = arith.mulf %ov, %ct : f32
        pattern.yield %p : f32
      }
      pattern.next %h1, %c1, %h2, %c2 emit %h2
          : tensor<24xf32>, tensor<24xf32>, tensor<24xf32>, tensor<24xf32>, tensor<24xf32>
    }
    func.return %y, %c1_last, %c2_last : tensor<6x24xf32>, tensor<24xf32>, tensor<24xf32>
  }
}
