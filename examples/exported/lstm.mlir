// LSTM, batch first: weights are transposed and put side by side for one product over
// [x, h], whose columns are split into gates; a state has a dimension for the direction.
builtin.module {
  func.func @main(%x: tensor<2x5x6xf32> {pattern.name = "x"}, %h0: tensor<1x2x8xf32> {pattern.name = "h0"}, %c0: tensor<1x2x8xf32> {pattern.name = "c0"})
      -> (tensor<2x5x8xf32> {pattern.name = "y"}, tensor<1x2x8xf32> {pattern.name = "h_n"}, tensor<1x2x8xf32> {pattern.name = "c_n"}) {
    %xt = pattern.map (%t in 5, %b in 2, %k in 6) -> tensor<5x2x6xf32> {
      %v_ = pattern.read %x[%b, %t, %k] : tensor<2x5x6xf32>
      pattern.yield %v_ : f32
    }
    %h_start = pattern.map (%b in 2, %j in 8) -> tensor<2x8xf32> {
      %v_ = pattern.read %h0[0, %b, %j] : tensor<1x2x8xf32>
      pattern.yield %v_ : f32
    }
    %c_start = pattern.map (%b in 2, %j in 8) -> tensor<2x8xf32> {
      %v_ = pattern.read %c0[0, %b, %j] : tensor<1x2x8xf32>
      pattern.yield %v_ : f32
    }
    %W = pattern.parameter "W" : tensor<32x6xf32>
    %R = pattern.parameter "R" : tensor<32x8xf32>
    %B = pattern.parameter "B" : tensor<64xf32>
    %wt = pattern.map (%k in 6, %n in 32) -> tensor<6x32xf32> {
      %v_ = pattern.read %W[%n, %k] : tensor<32x6xf32>
      pattern.yield %v_ : f32
    }
    %rt = pattern.map (%k in 8, %n in 32) -> tensor<8x32xf32> {
      %v_ = pattern.read %R[%n, %k] : tensor<32x8xf32>
      pattern.yield %v_ : f32
    }
    %wr = pattern.map (%k in 14, %n in 32) -> tensor<14x32xf32> {
      %p_0 = pattern.read %wt[%k, %n] zero_outside : tensor<6x32xf32>
      %p_1 = pattern.read %rt[%k - 6, %n] zero_outside : tensor<8x32xf32>
      %s_1 = arith.addf %p_0, %p_1 : f32
      pattern.yield %s_1 : f32
    }
    %wb = pattern.map (%n in 32) -> tensor<32xf32> {
      %v_ = pattern.read %B[%n] : tensor<64xf32>
      pattern.yield %v_ : f32
    }
    %rb = pattern.map (%n in 32) -> tensor<32xf32> {
      %v_ = pattern.read %B[%n + 32] : tensor<64xf32>
      pattern.yield %v_ : f32
    }
    %bias = pattern.map (%b in 2, %n in 32) -> tensor<2x32xf32> {
      %v_ = pattern.read %wb[%n] : tensor<32xf32>
      pattern.yield %v_ : f32
    }
    %h_last, %c_last, %stack = pattern.scan (%t in 5) carry (%h = %h_start : tensor<2x8xf32>, %c = %c_start : tensor<2x8xf32>) -> (tensor<2x8xf32>, tensor<2x8xf32>, tensor<5x1x2x8xf32>) {
      %xs = pattern.map (%b in 2, %k in 6) -> tensor<2x6xf32> {
        %v_ = pattern.read %xt[%t, %b, %k] : tensor<5x2x6xf32>
        pattern.yield %v_ : f32
      }
      %xh = pattern.map (%b in 2, %k in 14) -> tensor<2x14xf32> {
        %p_0 = pattern.read %xs[%b, %k] zero_outside : tensor<2x6xf32>
        %p_1 = pattern.read %h[%b, %k - 6] zero_outside : tensor<2x8xf32>
        %s_1 = arith.addf %p_0, %p_1 : f32
        pattern.yield %s_1 : f32
      }
      %z = pattern.map (%b in 2, %n in 32) -> tensor<2x32xf32> {
        %s_ = pattern.reduce add (%k in 14) : f32 {
          %l_ = pattern.read %xh[%b, %k] : tensor<2x14xf32>
          %r_ = pattern.read %wr[%k, %n] : tensor<14x32xf32>
          %p_ = arith.mulf %l_, %r_ : f32
          pattern.yield %p_ : f32
        }
        %b_0 = pattern.read %bias[%b, %n] : tensor<2x32xf32>
        %v_1 = arith.addf %s_, %b_0 : f32
        %b_1 = pattern.read %rb[%n] : tensor<32xf32>
        %v_2 = arith.addf %v_1, %b_1 : f32
        pattern.yield %v_2 : f32
      }
      %zi = pattern.map (%b in 2, %j in 8) -> tensor<2x8xf32> {
        %v_ = pattern.read %z[%b, %j] : tensor<2x32xf32>
        pattern.yield %v_ : f32
      }
      %zf = pattern.map (%b in 2, %j in 8) -> tensor<2x8xf32> {
        %v_ = pattern.read %z[%b, %j + 8] : tensor<2x32xf32>
        pattern.yield %v_ : f32
      }
      %zg = pattern.map (%b in 2, %j in 8) -> tensor<2x8xf32> {
        %v_ = pattern.read %z[%b, %j + 16] : tensor<2x32xf32>
        pattern.yield %v_ : f32
      }
      %zo = pattern.map (%b in 2, %j in 8) -> tensor<2x8xf32> {
        %v_ = pattern.read %z[%b, %j + 24] : tensor<2x32xf32>
        pattern.yield %v_ : f32
      }
      %c_new = pattern.map (%b in 2, %j in 8) -> tensor<2x8xf32> {
        %i_ = pattern.read %zi[%b, %j] : tensor<2x8xf32>
        %f_ = pattern.read %zf[%b, %j] : tensor<2x8xf32>
        %g_ = pattern.read %zg[%b, %j] : tensor<2x8xf32>
        %old_ = pattern.read %c[%b, %j] : tensor<2x8xf32>
        %a_1 = pattern.activate sigmoid %f_ : f32
        %v_2 = arith.mulf %a_1, %old_ : f32
        %a_3 = pattern.activate sigmoid %i_ : f32
        %a_4 = pattern.activate tanh %g_ : f32
        %v_5 = arith.mulf %a_3, %a_4 : f32
        %v_6 = arith.addf %v_2, %v_5 : f32
        pattern.yield %v_6 : f32
      }
      %h_new = pattern.map (%b in 2, %j in 8) -> tensor<2x8xf32> {
        %o_ = pattern.read %zo[%b, %j] : tensor<2x8xf32>
        %cell_ = pattern.read %c_new[%b, %j] : tensor<2x8xf32>
        %a_1 = pattern.activate sigmoid %o_ : f32
        %a_2 = pattern.activate tanh %cell_ : f32
        %v_3 = arith.mulf %a_1, %a_2 : f32
        pattern.yield %v_3 : f32
      }
      %wide = pattern.map (%d in 1, %b in 2, %j in 8) -> tensor<1x2x8xf32> {
        %v_ = pattern.read %h_new[%b, %j] : tensor<2x8xf32>
        pattern.yield %v_ : f32
      }
      pattern.next %h_new, %c_new emit %wide : tensor<2x8xf32>, tensor<2x8xf32>, tensor<1x2x8xf32>
    }
    %ys = pattern.map (%t in 5, %b in 2, %j in 8) -> tensor<5x2x8xf32> {
      %v_ = pattern.read %stack[%t, 0, %b, %j] : tensor<5x1x2x8xf32>
      pattern.yield %v_ : f32
    }
    %y = pattern.map (%b in 2, %t in 5, %j in 8) -> tensor<2x5x8xf32> {
      %v_ = pattern.read %ys[%t, %b, %j] : tensor<5x2x8xf32>
      pattern.yield %v_ : f32
    }
    %h_n = pattern.map (%d in 1, %b in 2, %j in 8) -> tensor<1x2x8xf32> {
      %v_ = pattern.read %h_last[%b, %j] : tensor<2x8xf32>
      pattern.yield %v_ : f32
    }
    %c_n = pattern.map (%d in 1, %b in 2, %j in 8) -> tensor<1x2x8xf32> {
      %v_ = pattern.read %c_last[%b, %j] : tensor<2x8xf32>
      pattern.yield %v_ : f32
    }
    func.return %y, %h_n, %c_n : tensor<2x5x8xf32>, tensor<1x2x8xf32>, tensor<1x2x8xf32>
  }
}
