// Layer-normalised LSTM (Ba, Kiros, Hinton, "Layer Normalization", 2016, appendix): the products
// and the cell are brought to mean 0 and deviation 1 over their elements, then scaled and shifted.
//
//   i, f, o = sigmoid(N1(W x) + N2(R h') + b)        c = f c' + i g
//   g       = tanh(N1(W x) + N2(R h') + b)           h = o tanh(N3(c))
//
//   N(v) = a (v - mean) / sqrt(mean((v - mean)^2) + 1e-5) + s
//
// N1 and N2 are over all four gates, i, f, g, o in this order. A mean or deviation is a kernel over
// a domain of one point.
builtin.module attributes {pattern.weights = "lstm_layer_norm.safetensors"} {
  func.func @main(%x: tensor<6x10xf32> {pattern.name = "x"})
      -> (tensor<6x24xf32> {pattern.name = "y"}, tensor<24xf32> {pattern.name = "c"}) {
    %W = pattern.parameter "W" : tensor<4x24x10xf32>
    %R = pattern.parameter "R" : tensor<4x24x24xf32>
    %B = pattern.parameter "B" : tensor<4x24xf32>
    %a1 = pattern.parameter "a1" : tensor<4x24xf32>
    %s1 = pattern.parameter "s1" : tensor<4x24xf32>
    %a2 = pattern.parameter "a2" : tensor<4x24xf32>
    %s2 = pattern.parameter "s2" : tensor<4x24xf32>
    %a3 = pattern.parameter "a3" : tensor<24xf32>
    %s3 = pattern.parameter "s3" : tensor<24xf32>
    %zero = arith.constant dense<0.0> : tensor<24xf32>
    %h_last, %c_last, %y = pattern.scan (%t in 6)
        carry (%h_prev = %zero : tensor<24xf32>, %c_prev = %zero : tensor<24xf32>)
        -> (tensor<24xf32>, tensor<24xf32>, tensor<6x24xf32>) {
      %wx = pattern.map (%gate in 4, %j in 24) -> tensor<4x24xf32> {
        %s = pattern.reduce add (%k in 10) : f32 {
          %w = pattern.read %W[%gate, %j, %k] : tensor<4x24x10xf32>
          %v = pattern.read %x[%t, %k] : tensor<6x10xf32>
          %p = arith.mulf %w, %v : f32
          pattern.yield %p : f32
        }
        pattern.yield %s : f32
      }
      %rh = pattern.map (%gate in 4, %j in 24) -> tensor<4x24xf32> {
        %s = pattern.reduce add (%k in 24) : f32 {
          %w = pattern.read %R[%gate, %j, %k] : tensor<4x24x24xf32>
          %v = pattern.read %h_prev[%k] : tensor<24xf32>
          %p = arith.mulf %w, %v : f32
          pattern.yield %p : f32
        }
        pattern.yield %s : f32
      }
      %n1_mean = pattern.map (%u in 1) -> tensor<1xf32> {
        %s = pattern.reduce add (%gate in 4, %j in 24) : f32 {
          %v = pattern.read %wx[%gate, %j] : tensor<4x24xf32>
          pattern.yield %v : f32
        }
        %n = arith.constant 96.0 : f32
        %q = arith.divf %s, %n : f32
        pattern.yield %q : f32
      }
      %n1_centred = pattern.map (%gate in 4, %j in 24) -> tensor<4x24xf32> {
        %v = pattern.read %wx[%gate, %j] : tensor<4x24xf32>
        %m = pattern.read %n1_mean[0] : tensor<1xf32>
        %d = arith.subf %v, %m : f32
        pattern.yield %d : f32
      }
      %n1_deviation = pattern.map (%u in 1) -> tensor<1xf32> {
        %s = pattern.reduce add (%gate in 4, %j in 24) : f32 {
          %v = pattern.read %n1_centred[%gate, %j] : tensor<4x24xf32>
          %p = arith.mulf %v, %v : f32
          pattern.yield %p : f32
        }
        %n = arith.constant 96.0 : f32
        %q = arith.divf %s, %n : f32
        %small = arith.constant 1.0e-05 : f32
        %e = arith.addf %q, %small : f32
        %r = math.sqrt %e : f32
        pattern.yield %r : f32
      }
      %n1 = pattern.map (%gate in 4, %j in 24) -> tensor<4x24xf32> {
        %v = pattern.read %n1_centred[%gate, %j] : tensor<4x24xf32>
        %dev = pattern.read %n1_deviation[0] : tensor<1xf32>
        %a = pattern.read %a1[%gate, %j] : tensor<4x24xf32>
        %b = pattern.read %s1[%gate, %j] : tensor<4x24xf32>
        %q = arith.divf %v, %dev : f32
        %aq = arith.mulf %a, %q : f32
        %s = arith.addf %aq, %b : f32
        pattern.yield %s : f32
      }
      %n2_mean = pattern.map (%u in 1) -> tensor<1xf32> {
        %s = pattern.reduce add (%gate in 4, %j in 24) : f32 {
          %v = pattern.read %rh[%gate, %j] : tensor<4x24xf32>
          pattern.yield %v : f32
        }
        %n = arith.constant 96.0 : f32
        %q = arith.divf %s, %n : f32
        pattern.yield %q : f32
      }
      %n2_centred = pattern.map (%gate in 4, %j in 24) -> tensor<4x24xf32> {
        %v = pattern.read %rh[%gate, %j] : tensor<4x24xf32>
        %m = pattern.read %n2_mean[0] : tensor<1xf32>
        %d = arith.subf %v, %m : f32
        pattern.yield %d : f32
      }
      %n2_deviation = pattern.map (%u in 1) -> tensor<1xf32> {
        %s = pattern.reduce add (%gate in 4, %j in 24) : f32 {
          %v = pattern.read %n2_centred[%gate, %j] : tensor<4x24xf32>
          %p = arith.mulf %v, %v : f32
          pattern.yield %p : f32
        }
        %n = arith.constant 96.0 : f32
        %q = arith.divf %s, %n : f32
        %small = arith.constant 1.0e-05 : f32
        %e = arith.addf %q, %small : f32
        %r = math.sqrt %e : f32
        pattern.yield %r : f32
      }
      %n2 = pattern.map (%gate in 4, %j in 24) -> tensor<4x24xf32> {
        %v = pattern.read %n2_centred[%gate, %j] : tensor<4x24xf32>
        %dev = pattern.read %n2_deviation[0] : tensor<1xf32>
        %a = pattern.read %a2[%gate, %j] : tensor<4x24xf32>
        %b = pattern.read %s2[%gate, %j] : tensor<4x24xf32>
        %q = arith.divf %v, %dev : f32
        %aq = arith.mulf %a, %q : f32
        %s = arith.addf %aq, %b : f32
        pattern.yield %s : f32
      }
      %pre = pattern.map (%gate in 4, %j in 24) -> tensor<4x24xf32> {
        %a = pattern.read %n1[%gate, %j] : tensor<4x24xf32>
        %b = pattern.read %n2[%gate, %j] : tensor<4x24xf32>
        %bias = pattern.read %B[%gate, %j] : tensor<4x24xf32>
        %ab = arith.addf %a, %b : f32
        %z = arith.addf %ab, %bias : f32
        pattern.yield %z : f32
      }
      %i = pattern.map (%j in 24) -> tensor<24xf32> {
        %z = pattern.read %pre[0, %j] : tensor<4x24xf32>
        %a = pattern.activate sigmoid %z : f32
        pattern.yield %a : f32
      }
      %f = pattern.map (%j in 24) -> tensor<24xf32> {
        %z = pattern.read %pre[1, %j] : tensor<4x24xf32>
        %a = pattern.activate sigmoid %z : f32
        pattern.yield %a : f32
      }
      %g = pattern.map (%j in 24) -> tensor<24xf32> {
        %z = pattern.read %pre[2, %j] : tensor<4x24xf32>
        %a = pattern.activate tanh %z : f32
        pattern.yield %a : f32
      }
      %o = pattern.map (%j in 24) -> tensor<24xf32> {
        %z = pattern.read %pre[3, %j] : tensor<4x24xf32>
        %a = pattern.activate sigmoid %z : f32
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
      %n3_mean = pattern.map (%u in 1) -> tensor<1xf32> {
        %s = pattern.reduce add (%j in 24) : f32 {
          %v = pattern.read %c[%j] : tensor<24xf32>
          pattern.yield %v : f32
        }
        %n = arith.constant 24.0 : f32
        %q = arith.divf %s, %n : f32
        pattern.yield %q : f32
      }
      %n3_centred = pattern.map (%j in 24) -> tensor<24xf32> {
        %v = pattern.read %c[%j] : tensor<24xf32>
        %m = pattern.read %n3_mean[0] : tensor<1xf32>
        %d = arith.subf %v, %m : f32
        pattern.yield %d : f32
      }
      %n3_deviation = pattern.map (%u in 1) -> tensor<1xf32> {
        %s = pattern.reduce add (%j in 24) : f32 {
          %v = pattern.read %n3_centred[%j] : tensor<24xf32>
          %p = arith.mulf %v, %v : f32
          pattern.yield %p : f32
        }
        %n = arith.constant 24.0 : f32
        %q = arith.divf %s, %n : f32
        %small = arith.constant 1.0e-05 : f32
        %e = arith.addf %q, %small : f32
        %r = math.sqrt %e : f32
        pattern.yield %r : f32
      }
      %n3 = pattern.map (%j in 24) -> tensor<24xf32> {
        %v = pattern.read %n3_centred[%j] : tensor<24xf32>
        %dev = pattern.read %n3_deviation[0] : tensor<1xf32>
        %a = pattern.read %a3[%j] : tensor<24xf32>
        %b = pattern.read %s3[%j] : tensor<24xf32>
        %q = arith.divf %v, %dev : f32
        %aq = arith.mulf %a, %q : f32
        %s = arith.addf %aq, %b : f32
        pattern.yield %s : f32
      }
      %h = pattern.map (%j in 24) -> tensor<24xf32> {
        %ov = pattern.read %o[%j] : tensor<24xf32>
        %cv = pattern.read %n3[%j] : tensor<24xf32>
        %ct = pattern.activate tanh %cv : f32
        %p = arith.mulf %ov, %ct : f32
        pattern.yield %p : f32
      }
      pattern.next %h, %c emit %h : tensor<24xf32>, tensor<24xf32>, tensor<24xf32>
    }
    func.return %y, %c_last : tensor<6x24xf32>, tensor<24xf32>
  }
}
