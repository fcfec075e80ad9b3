// A plain recurrent encoder with attention over its outputs (Luong, Pham, Manning, "Effective
// Approaches to Attention-based Neural Machine Translation", 2015): the last state asks, every
// state answers.
//
//   h[t] = tanh(W x[t] + R h[t-1] + b)            a = softmax(score)
//   score[t] = (U h[last]) . h[t]                 context = sum over t of a[t] h[t]
//   y = tanh(V [context, h[last]] + d)
//
// Softmax takes the greatest score off first: exp(score - greatest) / sum.
builtin.module attributes {pattern.weights = "attention.safetensors"} {
  func.func @main(%x: tensor<6x10xf32> {pattern.name = "x"})
      -> (tensor<24xf32> {pattern.name = "y"}, tensor<6xf32> {pattern.name = "weights"}) {
    %W = pattern.parameter "W" : tensor<24x10xf32>
    %R = pattern.parameter "R" : tensor<24x24xf32>
    %B = pattern.parameter "B" : tensor<24xf32>
    %U = pattern.parameter "U" : tensor<24x24xf32>
    %V = pattern.parameter "V" : tensor<2x24x24xf32>
    %d = pattern.parameter "d" : tensor<24xf32>
    %zero = arith.constant dense<0.0> : tensor<24xf32>
    %last, %states = pattern.scan (%t in 6) carry (%h_prev = %zero : tensor<24xf32>)
        -> (tensor<24xf32>, tensor<6x24xf32>) {
      %wx = pattern.map (%j in 24) -> tensor<24xf32> {
        %s = pattern.reduce add (%k in 10) : f32 {
          %w = pattern.read %W[%j, %k] : tensor<24x10xf32>
          %v = pattern.read %x[%t, %k] : tensor<6x10xf32>
          %p = arith.mulf %w, %v : f32
          pattern.yield %p : f32
        }
        pattern.yield %s : f32
      }
      %rh = pattern.map (%j in 24) -> tensor<24xf32> {
        %s = pattern.reduce add (%k in 24) : f32 {
          %w = pattern.read %R[%j, %k] : tensor<24x24xf32>
          %v = pattern.read %h_prev[%k] : tensor<24xf32>
          %p = arith.mulf %w, %v : f32
          pattern.yield %p : f32
        }
        pattern.yield %s : f32
      }
      %h = pattern.map (%j in 24) -> tensor<24xf32> {
        %a = pattern.read %wx[%j] : tensor<24xf32>
        %b = pattern.read %rh[%j] : tensor<24xf32>
        %bias = pattern.read %B[%j] : tensor<24xf32>
        %ab = arith.addf %a, %b : f32
        %s = arith.addf %ab, %bias : f32
        %v = pattern.activate tanh %s : f32
        pattern.yield %v : f32
      }
      pattern.next %h emit %h : tensor<24xf32>, tensor<24xf32>
    }
    %query = pattern.map (%j in 24) -> tensor<24xf32> {
      %s = pattern.reduce add (%k in 24) : f32 {
        %w = pattern.read %U[%j, %k] : tensor<24x24xf32>
        %v = pattern.read %last[%k] : tensor<24xf32>
        %p = arith.mulf %w, %v : f32
        pattern.yield %p : f32
      }
      pattern.yield %s : f32
    }
    %score = pattern.map (%t in 6) -> tensor<6xf32> {
      %s = pattern.reduce add (%k in 24) : f32 {
        %q = pattern.read %query[%k] : tensor<24xf32>
        %v = pattern.read %states[%t, %k] : tensor<6x24xf32>
        %p = arith.mulf %q, %v : f32
        pattern.yield %p : f32
      }
      pattern.yield %s : f32
    }
    %greatest = pattern.map (%u in 1) -> tensor<1xf32> {
      %m = pattern.reduce max (%t in 6) : f32 {
        %s = pattern.read %score[%t] : tensor<6xf32>
        pattern.yield %s : f32
      }
      pattern.yield %m : f32
    }
    %power = pattern.map (%t in 6) -> tensor<6xf32> {
      %s = pattern.read %score[%t] : tensor<6xf32>
      %m = pattern.read %greatest[0] : tensor<1xf32>
      %below = arith.subf %s, %m : f32
      %e = pattern.activate exp %below : f32
      pattern.yield %e : f32
    }
    %total = pattern.map (%u in 1) -> tensor<1xf32> {
      %s = pattern.reduce add (%t in 6) : f32 {
        %e = pattern.read %power[%t] : tensor<6xf32>
        pattern.yield %e : f32
      }
      pattern.yield %s : f32
    }
    %weights = pattern.map (%t in 6) -> tensor<6xf32> {
      %e = pattern.read %power[%t] : tensor<6xf32>
      %s = pattern.read %total[0] : tensor<1xf32>
      %a = arith.divf %e, %s : f32
      pattern.yield %a : f32
    }
    %context = pattern.map (%j in 24) -> tensor<24xf32> {
      %s = pattern.reduce add (%t in 6) : f32 {
        %a = pattern.read %weights[%t] : tensor<6xf32>
        %v = pattern.read %states[%t, %j] : tensor<6x24xf32>
        %p = arith.mulf %a, %v : f32
        pattern.yield %p : f32
      }
      pattern.yield %s : f32
    }
    %vc = pattern.map (%j in 24) -> tensor<24xf32> {
      %s = pattern.reduce add (%k in 24) : f32 {
        %w = pattern.read %V[0, %j, %k] : tensor<2x24x24xf32>
        %v = pattern.read %context[%k] : tensor<24xf32>
        %p = arith.mulf %w, %v : f32
        pattern.yield %p : f32
      }
      pattern.yield %s : f32
    }
    %vh = pattern.map (%j in 24) -> tensor<24xf32> {
      %s = pattern.reduce add (%k in 24) : f32 {
        %w = pattern.read %V[1, %j, %k] : tensor<2x24x24xf32>
        %v = pattern.read %last[%k] : tensor<24xf32>
        %p = arith.mulf %w, %v : f32
        pattern.yield %p : f32
      }
      pattern.yield %s : f32
    }
    %y = pattern.map (%j in 24) -> tensor<24xf32> {
      %a = pattern.read %vc[%j] : tensor<24xf32>
      %b = pattern.read %vh[%j] : tensor<24xf32>
      %bias = pattern.read %d[%j] : tensor<24xf32>
      %ab = arith.addf %a, %b : f32
      %s = arith.addf %ab, %bias : f32
      %v = pattern.activate tanh %s : f32
      pattern.yield %v : f32
    }
    func.return %y, %weights : tensor<24xf32>, tensor<6xf32>
  }
}
