// GRU, batch first: weights are split into gates and transposed; the state is carried with
// a dimension for the direction, taken off and put on again in every step.
builtin.module {
  func.func @main(%x: tensor<2x5x6xf32> {pattern.name = "x"})
      -> (tensor<2x5x8xf32> {pattern.name = "y"}, tensor<1x2x8xf32> {pattern.name = "h_n"}) {
    %xt = pattern.map (%t in 5, %b in 2, %k in 6) -> tensor<5x2x6xf32> {
      %v_ = pattern.read %x[%b, %t, %k] : tensor<2x5x6xf32>
      pattern.yield %v_ : f32
    }
    %W = pattern.parameter "W" : tensor<24x6xf32>
    %Wz = pattern.map (%j in 8, %k in 6) -> tensor<8x6xf32> {
      %v_ = pattern.read %W[%j, %k] : tensor<24x6xf32>
      pattern.yield %v_ : f32
    }
    %Wz_t = pattern.map (%k in 6, %j in 8) -> tensor<6x8xf32> {
      %v_ = pattern.read %Wz[%j, %k] : tensor<8x6xf32>
      pattern.yield %v_ : f32
    }
    %Wr = pattern.map (%j in 8, %k in 6) -> tensor<8x6xf32> {
      %v_ = pattern.read %W[%j + 8, %k] : tensor<24x6xf32>
      pattern.yield %v_ : f32
    }
    %Wr_t = pattern.map (%k in 6, %j in 8) -> tensor<6x8xf32> {
      %v_ = pattern.read %Wr[%j, %k] : tensor<8x6xf32>
      pattern.yield %v_ : f32
    }
    %Wn = pattern.map (%j in 8, %k in 6) -> tensor<8x6xf32> {
      %v_ = pattern.read %W[%j + 16, %k] : tensor<24x6xf32>
      pattern.yield %v_ : f32
    }
    %Wn_t = pattern.map (%k in 6, %j in 8) -> tensor<6x8xf32> {
      %v_ = pattern.read %Wn[%j, %k] : tensor<8x6xf32>
      pattern.yield %v_ : f32
    }
    %R = pattern.parameter "R" : tensor<24x8xf32>
    %Rz = pattern.map (%j in 8, %k in 8) -> tensor<8x8xf32> {
      %v_ = pattern.read %R[%j, %k] : tensor<24x8xf32>
      pattern.yield %v_ : f32
    }
    %Rz_t = pattern.map (%k in 8, %j in 8) -> tensor<8x8xf32> {
      %v_ = pattern.read %Rz[%j, %k] : tensor<8x8xf32>
      pattern.yield %v_ : f32
    }
    %Rr = pattern.map (%j in 8, %k in 8) -> tensor<8x8xf32> {
      %v_ = pattern.read %R[%j + 8, %k] : tensor<24x8xf32>
      pattern.yield %v_ : f32
    }
    %Rr_t = pattern.map (%k in 8, %j in 8) -> tensor<8x8xf32> {
      %v_ = pattern.read %Rr[%j, %k] : tensor<8x8xf32>
      pattern.yield %v_ : f32
    }
    %Rn = pattern.map (%j in 8, %k in 8) -> tensor<8x8xf32> {
      %v_ = pattern.read %R[%j + 16, %k] : tensor<24x8xf32>
      pattern.yield %v_ : f32
    }
    %Rn_t = pattern.map (%k in 8, %j in 8) -> tensor<8x8xf32> {
      %v_ = pattern.read %Rn[%j, %k] : tensor<8x8xf32>
      pattern.yield %v_ : f32
    }
    %zero = arith.constant dense<0.0> : tensor<2x8xf32>
    %start = pattern.map (%d in 1, %b in 2, %j in 8) -> tensor<1x2x8xf32> {
      %v_ = pattern.read %zero[%b, %j] : tensor<2x8xf32>
      pattern.yield %v_ : f32
    }
    %h_n, %stack = pattern.scan (%t in 5) carry (%h = %start : tensor<1x2x8xf32>) -> (tensor<1x2x8xf32>, tensor<5x1x2x8xf32>) {
      %hs = pattern.map (%b in 2, %j in 8) -> tensor<2x8xf32> {
        %v_ = pattern.read %h[0, %b, %j] : tensor<1x2x8xf32>
        pattern.yield %v_ : f32
      }
      %xs = pattern.map (%b in 2, %k in 6) -> tensor<2x6xf32> {
        %v_ = pattern.read %xt[%t, %b, %k] : tensor<5x2x6xf32>
        pattern.yield %v_ : f32
      }
      %xz = pattern.map (%b in 2, %j in 8) -> tensor<2x8xf32> {
        %s_ = pattern.reduce add (%k in 6) : f32 {
          %l_ = pattern.read %xs[%b, %k] : tensor<2x6xf32>
          %r_ = pattern.read %Wz_t[%k, %j] : tensor<6x8xf32>
          %p_ = arith.mulf %l_, %r_ : f32
          pattern.yield %p_ : f32
        }
        pattern.yield %s_ : f32
      }
      %hz = pattern.map (%b in 2, %j in 8) -> tensor<2x8xf32> {
        %s_ = pattern.reduce add (%k in 8) : f32 {
          %l_ = pattern.read %hs[%b, %k] : tensor<2x8xf32>
          %r_ = pattern.read %Rz_t[%k, %j] : tensor<8x8xf32>
          %p_ = arith.mulf %l_, %r_ : f32
          pattern.yield %p_ : f32
        }
        pattern.yield %s_ : f32
      }
      %xr = pattern.map (%b in 2, %j in 8) -> tensor<2x8xf32> {
        %s_ = pattern.reduce add (%k in 6) : f32 {
          %l_ = pattern.read %xs[%b, %k] : tensor<2x6xf32>
          %r_ = pattern.read %Wr_t[%k, %j] : tensor<6x8xf32>
          %p_ = arith.mulf %l_, %r_ : f32
          pattern.yield %p_ : f32
        }
        pattern.yield %s_ : f32
      }
      %hr = pattern.map (%b in 2, %j in 8) -> tensor<2x8xf32> {
        %s_ = pattern.reduce add (%k in 8) : f32 {
          %l_ = pattern.read %hs[%b, %k] : tensor<2x8xf32>
          %r_ = pattern.read %Rr_t[%k, %j] : tensor<8x8xf32>
          %p_ = arith.mulf %l_, %r_ : f32
          pattern.yield %p_ : f32
        }
        pattern.yield %s_ : f32
      }
      %xn = pattern.map (%b in 2, %j in 8) -> tensor<2x8xf32> {
        %s_ = pattern.reduce add (%k in 6) : f32 {
          %l_ = pattern.read %xs[%b, %k] : tensor<2x6xf32>
          %r_ = pattern.read %Wn_t[%k, %j] : tensor<6x8xf32>
          %p_ = arith.mulf %l_, %r_ : f32
          pattern.yield %p_ : f32
        }
        pattern.yield %s_ : f32
      }
      %hn = pattern.map (%b in 2, %j in 8) -> tensor<2x8xf32> {
        %s_ = pattern.reduce add (%k in 8) : f32 {
          %l_ = pattern.read %hs[%b, %k] : tensor<2x8xf32>
          %r_ = pattern.read %Rn_t[%k, %j] : tensor<8x8xf32>
          %p_ = arith.mulf %l_, %r_ : f32
          pattern.yield %p_ : f32
        }
        pattern.yield %s_ : f32
      }
      %hn_new = pattern.map (%b in 2, %j in 8) -> tensor<2x8xf32> {
        %z1_ = pattern.read %xz[%b, %j] : tensor<2x8xf32>
        %z2_ = pattern.read %hz[%b, %j] : tensor<2x8xf32>
        %r1_ = pattern.read %xr[%b, %j] : tensor<2x8xf32>
        %r2_ = pattern.read %hr[%b, %j] : tensor<2x8xf32>
        %n1_ = pattern.read %xn[%b, %j] : tensor<2x8xf32>
        %n2_ = pattern.read %hn[%b, %j] : tensor<2x8xf32>
        %old_ = pattern.read %hs[%b, %j] : tensor<2x8xf32>
        %v_1 = arith.addf %z1_, %z2_ : f32
        %a_2 = pattern.activate sigmoid %v_1 : f32
        %v_3 = arith.addf %r1_, %r2_ : f32
        %a_4 = pattern.activate sigmoid %v_3 : f32
        %v_5 = arith.mulf %a_4, %n2_ : f32
        %v_6 = arith.addf %n1_, %v_5 : f32
        %a_7 = pattern.activate tanh %v_6 : f32
        %v_8 = arith.subf %old_, %a_7 : f32
        %v_9 = arith.mulf %a_2, %v_8 : f32
        %v_10 = arith.addf %a_7, %v_9 : f32
        pattern.yield %v_10 : f32
      }
      %h_new = pattern.map (%d in 1, %b in 2, %j in 8) -> tensor<1x2x8xf32> {
        %v_ = pattern.read %hn_new[%b, %j] : tensor<2x8xf32>
        pattern.yield %v_ : f32
      }
      pattern.next %h_new emit %h_new : tensor<1x2x8xf32>, tensor<1x2x8xf32>
    }
    %ys = pattern.map (%t in 5, %b in 2, %j in 8) -> tensor<5x2x8xf32> {
      %v_ = pattern.read %stack[%t, 0, %b, %j] : tensor<5x1x2x8xf32>
      pattern.yield %v_ : f32
    }
    %y = pattern.map (%b in 2, %t in 5, %j in 8) -> tensor<2x5x8xf32> {
      %v_ = pattern.read %ys[%t, %b, %j] : tensor<5x2x8xf32>
      pattern.yield %v_ : f32
    }
    func.return %y, %h_n : tensor<2x5x8xf32>, tensor<1x2x8xf32>
  }
}
