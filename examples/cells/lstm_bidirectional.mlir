// Bidirectional LSTM: one scan over the steps, one over the steps in reverse, and their outputs
// side by side, those of the first scan in front.
//
//   i, f, o = sigmoid(W x + R h' + b)        c = f c' + i g
//   g       = tanh(W x + R h' + b)           h = o tanh(c)
//
// Gates i, f, g, o in this order; names end in the direction, f or b.
builtin.module attributes {pattern.weights = "lstm_bidirectional.safetensors"} {
  func.func @main(%x: tensor<6x10xf32> {pattern.name = "x"})
      -> (tensor<6x48xf32> {pattern.name = "y"}) {
    %Wf = pattern.parameter "Wf" : tensor<4x24x10xf32>
    %Rf = pattern.parameter "Rf" : tensor<4x24x24xf32>
    %Bf = pattern.parameter "Bf" : tensor<4x24xf32>
    %Wb = pattern.parameter "Wb" : tensor<4x24x10xf32>
    %Rb = pattern.parameter "Rb" : tensor<4x24x24xf32>
    %Bb = pattern.parameter "Bb" : tensor<4x24xf32>
    %zero = arith.constant dense<0.0> : tensor<24xf32>
    %hf_last, %cf_last, %yf = pattern.scan (%t in 6)
        carry (%hf_prev = %zero : tensor<24xf32>, %cf_prev = %zero : tensor<24xf32>)
        -> (tensor<24xf32>, tensor<24xf32>, tensor<6x24xf32>) {
      %wxf = pattern.map (%gate in 4, %j in 24) -> tensor<4x24xf32> {
        %s = pattern.reduce add (%k in 10) : f32 {
          %w = pattern.read %Wf[%gate, %j, %k] : tensor<4x24x10xf32>
          %v = pattern.read %x[%t, %k] : tensor<6x10xf32>
          %p = arith.mulf %w, %v : f32
          pattern.yield %p : f32
        }
        pattern.yield %s : f32
      }
      %rhf = pattern.map (%gate in 4, %j in 24) -> tensor<4x24xf32> {
        %s = pattern.reduce add (%k in 24) : f32 {
          %w = pattern.read %Rf[%gate, %j, %k] : tensor<4x24x24xf32>
          %v = pattern.read %hf_prev[%k] : tensor<24xf32>
          %p = arith.mulf %w, %v : f32
          pattern.yield %p : f32
        }
        pattern.yield %s : f32
      }
      %pref = pattern.map (%gate in 4, %j in 24) -> tensor<4x24xf32> {
        %a = pattern.read %wxf[%gate, %j] : tensor<4x24xf32>
        %b = pattern.read %rhf[%gate, %j] : tensor<4x24xf32>
        %bias = pattern.read %Bf[%gate, %j] : tensor<4x24xf32>
        %ab = arith.addf %a, %b : f32
        %z = arith.addf %ab, %bias : f32
        pattern.yield %z : f32
      }
      %if = pattern.map (%j in 24) -> tensor<24xf32> {
        %z = pattern.read %pref[0, %j] : tensor<4x24xf32>
        %a = pattern.activate sigmoid %z : f32
        pattern.yield %a : f32
      }
      %ff = pattern.map (%j in 24) -> tensor<24xf32> {
        %z = pattern.read %pref[1, %j] : tensor<4x24xf32>
        %a = pattern.activate sigmoid %z : f32
        pattern.yield %a : f32
      }
      %gf = pattern.map (%j in 24) -> tensor<24xf32> {
        %z = pattern.read %pref[2, %j] : tensor<4x24xf32>
        %a = pattern.activate tanh %z : f32
        pattern.yield %a : f32
      }
      %of = pattern.map (%j in 24) -> tensor<24xf32> {
        %z = pattern.read %pref[3, %j] : tensor<4x24xf32>
        %a = pattern.activate sigmoid %z : f32
        pattern.yield %a : f32
      }
      %cf = pattern.map (%j in 24) -> tensor<24xf32> {
        %fv = pattern.read %ff[%j] : tensor<24xf32>
        %cp = pattern.read %cf_prev[%j] : tensor<24xf32>
        %iv = pattern.read %if[%j] : tensor<24xf32>
        %gv = pattern.read %gf[%j] : tensor<24xf32>
        %fc = arith.mulf %fv, %cp : f32
        %ig = arith.mulf %iv, %gv : f32
        %s = arith.addf %fc, %ig : f32
        pattern.yield %s : f32
      }
      %hf = pattern.map (%j in 24) -> tensor<24xf32> {
        %ov = pattern.read %of[%j] : tensor<24xf32>
        %cv = pattern.read %cf[%j] : tensor<24xf32>
        %ct = pattern.activate tanh %cv : f32
        %p = arith.mulf %ov, %ct : f32
        pattern.yield %p : f32
      }
      pattern.next %hf, %cf emit %hf : tensor<24xf32>, tensor<24xf32>, tensor<24xf32>
    }
    %hb_last, %cb_last, %yb = pattern.scan reverse (%t in 6)
        carry (%hb_prev = %zero : tensor<24xf32>, %cb_prev = %zero : tensor<24xf32>)
        -> (tensor<24xf32>, tensor<24xf32>, tensor<6x24xf32>) {
      %wxb = pattern.map (%gate in 4, %j in 24) -> tensor<4x24xf32> {
        %s = pattern.reduce add (%k in 10) : f32 {
          %w = pattern.read %Wb[%gate, %j, %k] : tensor<4x24x10xf32>
          %v = pattern.read %x[%t, %k] : tensor<6x10xf32>
          %p = arith.mulf %w, %v : f32
          pattern.yield %p : f32
        }
        pattern.yield %s : f32
      }
      %rhb = pattern.map (%gate in 4, %j in 24) -> tensor<4x24xf32> {
        %s = pattern.reduce add (%k in 24) : f32 {
          %w = pattern.read %Rb[%gate, %j, %k] : tensor<4x24x24xf32>
          %v = pattern.read %hb_prev[%k] : tensor<24xf32>
          %p = arith.mulf %w, %v : f32
          pattern.yield %p : f32
        }
        pattern.yield %s : f32
      }
      %preb = pattern.map (%gate in 4, %j in 24) -> tensor<4x24xf32> {
        %a = pattern.read %wxb[%gate, %j] : tensor<4x24xf32>
        %b = pattern.read %rhb[%gate, %j] : tensor<4x24xf32>
        %bias = pattern.read %Bb[%gate, %j] : tensor<4x24xf32>
        %ab = arith.addf %a, %b : f32
        %z = arith.addf %ab, %bias : f32
        pattern.yield %z : f32
      }
      %ib = pattern.map (%j in 24) -> tensor<24xf32> {
        %z = pattern.read %preb[0, %j] : tensor<4x24xf32>
        %a = pattern.activate sigmoid %z : f32
        pattern.yield %a : f32
      }
      %fb = pattern.map (%j in 24) -> tensor<24xf32> {
        %z = pattern.read %preb[1, %j] : tensor<4x24xf32>
        %a = pattern.activate sigmoid %z : f32
        pattern.yield %a : f32
      }
      %gb = pattern.map (%j in 24) -> tensor<24xf32> {
        %z = pattern.read %preb[2, %j] : tensor<4x24xf32>
        %a = pattern.activate tanh %z : f32
        pattern.yield %a : f32
      }
      %ob = pattern.map (%j in 24) -> tensor<24xf32> {
        %z = pattern.read %preb[3, %j] : tensor<4x24xf32>
        %a = pattern.activate sigmoid %z : f32
        pattern.yield %a : f32
      }
      %cb = pattern.map (%j in 24) -> tensor<24xf32> {
        %fv = pattern.read %fb[%j] : tensor<24xf32>
        %cp = pattern.read %cb_prev[%j] : tensor<24xf32>
        %iv = pattern.read %ib[%j] : tensor<24xf32>
        %gv = pattern.read %gb[%j] : tensor<24xf32>
        %fc = arith.mulf %fv, %cp : f32
        %ig = arith.mulf %iv, %gv : f32
        %s = arith.addf %fc, %ig : f32
        pattern.yield %s : f32
      }
      %hb = pattern.map (%j in 24) -> tensor<24xf32> {
        %ov = pattern.read %ob[%j] : tensor<24xf32>
        %cv = pattern.read %cb[%j] : tensor<24xf32>
        %ct = pattern.activate tanh %cv : f32
        %p = arith.mulf %ov, %ct : f32
        pattern.yield %p : f32
      }
      pattern.next %hb, %cb emit %hb : tensor<24xf32>, tensor<24xf32>, tensor<24xf32>
    }
    %y = pattern.map (%t in 6, %j in 48) -> tensor<6x48xf32> {
      %a = pattern.read %yf[%t, %j] zero_outside : tensor<6x24xf32>
      %b = pattern.read %yb[%t, %j - 24] zero_outside : tensor<6x24xf32>
      %s = arith.addf %a, %b : f32
      pattern.yield %s : f32
    }
    func.return %y : tensor<6x48xf32>
  }
}
