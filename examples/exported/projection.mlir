// LSTM with projection: [x, h] is as wide as an input and a projected state.
builtin.module {
  func.func @main(%x: tensor<5x2x6xf32> {pattern.name = "x"})
      -> (tensor<5x2x4xf32> {pattern.name = "ys"}, tensor<2x4xf32> {pattern.name = "h_last"}) {
    %zero = arith.constant dense<0.0> : tensor<2x8xf32>
    %start = arith.constant dense<0.0> : tensor<2x4xf32>
    %W = pattern.parameter "W" : tensor<32x6xf32>
    %R = pattern.parameter "R" : tensor<32x4xf32>
    %B = pattern.parameter "B" : tensor<64xf32>
    %wt = pattern.map (%k in 6, %n in 32) -> tensor<6x32xf32> {
      %v_ = pattern.read %W[%n, %k] : tensor<32x6xf32>
      pattern.yield %v_ : f32
    }
    %rt = pattern.map (%k in 4, %n in 32) -> tensor<4x32xf32> {
      %v_ = pattern.read %R[%n, %k] : tensor<32x4xf32>
      pattern.yield %v_ : f32
    }
    %wr = pattern.map (%k in 10, %n in 32) -> tensor<10x32xf32> {
      %p_0 = pattern.read %wt[%k, %n] zero_outside : tensor<6x32xf32>
      %p_1 = pattern.read %rt[%k - 6, %n] zero_outside : tensor<4x32xf32>
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
    %h_last, %c_last, %stack = pattern.scan (%t in 5) carry (%h = %start : tensor<2x4xf32>, %c = %zero : tensor<2x8xf32>) -> (tensor<2x4xf32>, tensor<2x8xf32>, tensor<5x1x2x4xf32>) {
      %xs = pattern.map (%b in 2, %k in 6) -> tensor<2x6xf32> {
        %v_ = pattern.read %x[%t, %b, %k] : tensor<5x2x6xf32>
        pattern.yield %v_ : f32
      }
      %xh = pattern.map (%b in 2, %k in 10) -> tensor<2x10xf32> {
        %p_0 = pattern.read %xs[%b, %k] zero_outside : tensor<2x6xf32>
        %p_1 = pattern.read %h[%b, %k - 6] zero_outside : tensor<2x4xf32>
        %s_1 = arith.addf %p_0, %p_1 : f32
        pattern.yield %s_1 : f32
      }
      %z = pattern.map (%b in 2, %n in 32) -> tensor<2x32xf32> {
        %s_ = pattern.reduce add (%k in 10) : f32 {
          %l_ = pattern.read %xh[%b, %k] : tensor<2x10xf32>
          %r_ = pattern.read %wr[%k, %n] : tensor<10x32xf32>
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
      %Wp = pattern.parameter "Wp" : tensor<4x8xf32>
      %wp = pattern.map (%j in 8, %q in 4) -> tensor<8x4xf32> {
        %v_ = pattern.read %Wp[%q, %j] : tensor<4x8xf32>
        pattern.yield %v_ : f32
      }
      %m = pattern.map (%b in 2, %q in 4) -> tensor<2x4xf32> {
        %s_ = pattern.reduce add (%j in 8) : f32 {
          %l_ = pattern.read %h_new[%b, %j] : tensor<2x8xf32>
          %r_ = pattern.read %wp[%j, %q] : tensor<8x4xf32>
          %p_ = arith.mulf %l_, %r_ : f32
          pattern.yield %p_ : f32
        }
        pattern.yield %s_ : f32
      }
      %wide = pattern.map (%d in 1, %b in 2, %j in 4) -> tensor<1x2x4xf32> {
        %v_ = pattern.read %m[%b, %j] : tensor<2x4xf32>
        pattern.yield %v_ : f32
      }
      pattern.next %m, %c_new emit %wide : tensor<2x4xf32>, tensor<2x8xf32>, tensor<1x2x4xf32>
    }
    %ys = pattern.map (%t in 5, %b in 2, %j in 4) -> tensor<5x2x4xf32> {
      %v_ = pattern.read %stack[%t, 0, %b, %j] : tensor<5x1x2x4xf32>
      pattern.yield %v_ : f32
    }
    func.return %ys, %h_last : tensor<5x2x4xf32>, tensor<2x4xf32>
  }
}
