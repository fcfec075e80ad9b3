// Two LSTM layers: what the first one gives is transposed to batch-major and back.
builtin.module {
  func.func @main(%x: tensor<2x5x6xf32> {pattern.name = "x"})
      -> (tensor<2x5x8xf32> {pattern.name = "y2"}, tensor<2x8xf32> {pattern.name = "h2_last"}) {
    %xt1 = pattern.map (%t in 5, %b in 2, %k in 6) -> tensor<5x2x6xf32> {
      %v_ = pattern.read %x[%b, %t, %k] : tensor<2x5x6xf32>
      pattern.yield %v_ : f32
    }
    %zero1 = arith.constant dense<0.0> : tensor<2x8xf32>
    %W1 = pattern.parameter "W1" : tensor<32x6xf32>
    %R1 = pattern.parameter "R1" : tensor<32x8xf32>
    %B1 = pattern.parameter "B1" : tensor<64xf32>
    %wt1 = pattern.map (%k in 6, %n in 32) -> tensor<6x32xf32> {
      %v_ = pattern.read %W1[%n, %k] : tensor<32x6xf32>
      pattern.yield %v_ : f32
    }
    %rt1 = pattern.map (%k in 8, %n in 32) -> tensor<8x32xf32> {
      %v_ = pattern.read %R1[%n, %k] : tensor<32x8xf32>
      pattern.yield %v_ : f32
    }
    %wr1 = pattern.map (%k in 14, %n in 32) -> tensor<14x32xf32> {
      %p_0 = pattern.read %wt1[%k, %n] zero_outside : tensor<6x32xf32>
      %p_1 = pattern.read %rt1[%k - 6, %n] zero_outside : tensor<8x32xf32>
      %s_1 = arith.addf %p_0, %p_1 : f32
      pattern.yield %s_1 : f32
    }
    %wb1 = pattern.map (%n in 32) -> tensor<32xf32> {
      %v_ = pattern.read %B1[%n] : tensor<64xf32>
      pattern.yield %v_ : f32
    }
    %rb1 = pattern.map (%n in 32) -> tensor<32xf32> {
      %v_ = pattern.read %B1[%n + 32] : tensor<64xf32>
      pattern.yield %v_ : f32
    }
    %bias1 = pattern.map (%b in 2, %n in 32) -> tensor<2x32xf32> {
      %v_ = pattern.read %wb1[%n] : tensor<32xf32>
      pattern.yield %v_ : f32
    }
    %h1_last, %c1_last, %stack1 = pattern.scan (%t in 5) carry (%h1 = %zero1 : tensor<2x8xf32>, %c1 = %zero1 : tensor<2x8xf32>) -> (tensor<2x8xf32>, tensor<2x8xf32>, tensor<5x1x2x8xf32>) {
      %xs1 = pattern.map (%b in 2, %k in 6) -> tensor<2x6xf32> {
        %v_ = pattern.read %xt1[%t, %b, %k] : tensor<5x2x6xf32>
        pattern.yield %v_ : f32
      }
      %xh1 = pattern.map (%b in 2, %k in 14) -> tensor<2x14xf32> {
        %p_0 = pattern.read %xs1[%b, %k] zero_outside : tensor<2x6xf32>
        %p_1 = pattern.read %h1[%b, %k - 6] zero_outside : tensor<2x8xf32>
        %s_1 = arith.addf %p_0, %p_1 : f32
        pattern.yield %s_1 : f32
      }
      %z1 = pattern.map (%b in 2, %n in 32) -> tensor<2x32xf32> {
        %s_ = pattern.reduce add (%k in 14) : f32 {
          %l_ = pattern.read %xh1[%b, %k] : tensor<2x14xf32>
          %r_ = pattern.read %wr1[%k, %n] : tensor<14x32xf32>
          %p_ = arith.mulf %l_, %r_ : f32
          pattern.yield %p_ : f32
        }
        %b_0 = pattern.read %bias1[%b, %n] : tensor<2x32xf32>
        %v_1 = arith.addf %s_, %b_0 : f32
        %b_1 = pattern.read %rb1[%n] : tensor<32xf32>
        %v_2 = arith.addf %v_1, %b_1 : f32
        pattern.yield %v_2 : f32
      }
      %zi1 = pattern.map (%b in 2, %j in 8) -> tensor<2x8xf32> {
        %v_ = pattern.read %z1[%b, %j] : tensor<2x32xf32>
        pattern.yield %v_ : f32
      }
      %zf1 = pattern.map (%b in 2, %j in 8) -> tensor<2x8xf32> {
        %v_ = pattern.read %z1[%b, %j + 8] : tensor<2x32xf32>
        pattern.yield %v_ : f32
      }
      %zg1 = pattern.map (%b in 2, %j in 8) -> tensor<2x8xf32> {
        %v_ = pattern.read %z1[%b, %j + 16] : tensor<2x32xf32>
        pattern.yield %v_ : f32
      }
      %zo1 = pattern.map (%b in 2, %j in 8) -> tensor<2x8xf32> {
        %v_ = pattern.read %z1[%b, %j + 24] : tensor<2x32xf32>
        pattern.yield %v_ : f32
      }
      %c1_new = pattern.map (%b in 2, %j in 8) -> tensor<2x8xf32> {
        %i_ = pattern.read %zi1[%b, %j] : tensor<2x8xf32>
        %f_ = pattern.read %zf1[%b, %j] : tensor<2x8xf32>
        %g_ = pattern.read %zg1[%b, %j] : tensor<2x8xf32>
        %old_ = pattern.read %c1[%b, %j] : tensor<2x8xf32>
        %a_1 = pattern.activate sigmoid %f_ : f32
        %v_2 = arith.mulf %a_1, %old_ : f32
        %a_3 = pattern.activate sigmoid %i_ : f32
        %a_4 = pattern.activate tanh %g_ : f32
        %v_5 = arith.mulf %a_3, %a_4 : f32
        %v_6 = arith.addf %v_2, %v_5 : f32
        pattern.yield %v_6 : f32
      }
      %h1_new = pattern.map (%b in 2, %j in 8) -> tensor<2x8xf32> {
        %o_ = pattern.read %zo1[%b, %j] : tensor<2x8xf32>
        %cell_ = pattern.read %c1_new[%b, %j] : tensor<2x8xf32>
        %a_1 = pattern.activate sigmoid %o_ : f32
        %a_2 = pattern.activate tanh %cell_ : f32
        %v_3 = arith.mulf %a_1, %a_2 : f32
        pattern.yield %v_3 : f32
      }
      %wide1 = pattern.map (%d in 1, %b in 2, %j in 8) -> tensor<1x2x8xf32> {
        %v_ = pattern.read %h1_new[%b, %j] : tensor<2x8xf32>
        pattern.yield %v_ : f32
      }
      pattern.next %h1_new, %c1_new emit %wide1 : tensor<2x8xf32>, tensor<2x8xf32>, tensor<1x2x8xf32>
    }
    %ys1 = pattern.map (%t in 5, %b in 2, %j in 8) -> tensor<5x2x8xf32> {
      %v_ = pattern.read %stack1[%t, 0, %b, %j] : tensor<5x1x2x8xf32>
      pattern.yield %v_ : f32
    }
    %y1 = pattern.map (%b in 2, %t in 5, %j in 8) -> tensor<2x5x8xf32> {
      %v_ = pattern.read %ys1[%t, %b, %j] : tensor<5x2x8xf32>
      pattern.yield %v_ : f32
    }
    %xt2 = pattern.map (%t in 5, %b in 2, %k in 8) -> tensor<5x2x8xf32> {
      %v_ = pattern.read %y1[%b, %t, %k] : tensor<2x5x8xf32>
      pattern.yield %v_ : f32
    }
    %zero2 = arith.constant dense<0.0> : tensor<2x8xf32>
    %W2 = pattern.parameter "W2" : tensor<32x8xf32>
    %R2 = pattern.parameter "R2" : tensor<32x8xf32>
    %B2 = pattern.parameter "B2" : tensor<64xf32>
    %wt2 = pattern.map (%k in 8, %n in 32) -> tensor<8x32xf32> {
      %v_ = pattern.read %W2[%n, %k] : tensor<32x8xf32>
      pattern.yield %v_ : f32
    }
    %rt2 = pattern.map (%k in 8, %n in 32) -> tensor<8x32xf32> {
      %v_ = pattern.read %R2[%n, %k] : tensor<32x8xf32>
      pattern.yield %v_ : f32
    }
    %wr2 = pattern.map (%k in 16, %n in 32) -> tensor<16x32xf32> {
      %p_0 = pattern.read %wt2[%k, %n] zero_outside : tensor<8x32xf32>
      %p_1 = pattern.read %rt2[%k - 8, %n] zero_outside : tensor<8x32xf32>
      %s_1 = arith.addf %p_0, %p_1 : f32
      pattern.yield %s_1 : f32
    }
    %wb2 = pattern.map (%n in 32) -> tensor<32xf32> {
      %v_ = pattern.read %B2[%n] : tensor<64xf32>
      pattern.yield %v_ : f32
    }
    %rb2 = pattern.map (%n in 32) -> tensor<32xf32> {
      %v_ = pattern.read %B2[%n + 32] : tensor<64xf32>
      pattern.yield %v_ : f32
    }
    %bias2 = pattern.map (%b in 2, %n in 32) -> tensor<2x32xf32> {
      %v_ = pattern.read %wb2[%n] : tensor<32xf32>
      pattern.yield %v_ : f32
    }
    %h2_last, %c2_last, %stack2 = pattern.scan (%t in 5) carry (%h2 = %zero2 : tensor<2x8xf32>, %c2 = %zero2 : tensor<2x8xf32>) -> (tensor<2x8xf32>, tensor<2x8xf32>, tensor<5x1x2x8xf32>) {
      %xs2 = pattern.map (%b in 2, %k in 8) -> tensor<2x8xf32> {
        %v_ = pattern.read %xt2[%t, %b, %k] : tensor<5x2x8xf32>
        pattern.yield %v_ : f32
      }
      %xh2 = pattern.map (%b in 2, %k in 16) -> tensor<2x16xf32> {
        %p_0 = pattern.read %xs2[%b, %k] zero_outside : tensor<2x8xf32>
        %p_1 = pattern.read %h2[%b, %k - 8] zero_outside : tensor<2x8xf32>
        %s_1 = arith.addf %p_0, %p_1 : f32
        pattern.yield %s_1 : f32
      }
      %z2 = pattern.map (%b in 2, %n in 32) -> tensor<2x32xf32> {
        %s_ = pattern.reduce add (%k in 16) : f32 {
          %l_ = pattern.read %xh2[%b, %k] : tensor<2x16xf32>
          %r_ = pattern.read %wr2[%k, %n] : tensor<16x32xf32>
          %p_ = arith.mulf %l_, %r_ : f32
          pattern.yield %p_ : f32
        }
        %b_0 = pattern.read %bias2[%b, %n] : tensor<2x32xf32>
        %v_1 = arith.addf %s_, %b_0 : f32
        %b_1 = pattern.read %rb2[%n] : tensor<32xf32>
        %v_2 = arith.addf %v_1, %b_1 : f32
        pattern.yield %v_2 : f32
      }
      %zi2 = pattern.map (%b in 2, %j in 8) -> tensor<2x8xf32> {
        %v_ = pattern.read %z2[%b, %j] : tensor<2x32xf32>
        pattern.yield %v_ : f32
      }
      %zf2 = pattern.map (%b in 2, %j in 8) -> tensor<2x8xf32> {
        %v_ = pattern.read %z2[%b, %j + 8] : tensor<2x32xf32>
        pattern.yield %v_ : f32
      }
      %zg2 = pattern.map (%b in 2, %j in 8) -> tensor<2x8xf32> {
        %v_ = pattern.read %z2[%b, %j + 16] : tensor<2x32xf32>
        pattern.yield %v_ : f32
      }
      %zo2 = pattern.map (%b in 2, %j in 8) -> tensor<2x8xf32> {
        %v_ = pattern.read %z2[%b, %j + 24] : tensor<2x32xf32>
        pattern.yield %v_ : f32
      }
      %c2_new = pattern.map (%b in 2, %j in 8) -> tensor<2x8xf32> {
        %i_ = pattern.read %zi2[%b, %j] : tensor<2x8xf32>
        %f_ = pattern.read %zf2[%b, %j] : tensor<2x8xf32>
        %g_ = pattern.read %zg2[%b, %j] : tensor<2x8xf32>
        %old_ = pattern.read %c2[%b, %j] : tensor<2x8xf32>
        %a_1 = pattern.activate sigmoid %f_ : f32
        %v_2 = arith.mulf %a_1, %old_ : f32
        %a_3 = pattern.activate sigmoid %i_ : f32
        %a_4 = pattern.activate tanh %g_ : f32
        %v_5 = arith.mulf %a_3, %a_4 : f32
        %v_6 = arith.addf %v_2, %v_5 : f32
        pattern.yield %v_6 : f32
      }
      %h2_new = pattern.map (%b in 2, %j in 8) -> tensor<2x8xf32> {
        %o_ = pattern.read %zo2[%b, %j] : tensor<2x8xf32>
        %cell_ = pattern.read %c2_new[%b, %j] : tensor<2x8xf32>
        %a_1 = pattern.activate sigmoid %o_ : f32
        %a_2 = pattern.activate tanh %cell_ : f32
        %v_3 = arith.mulf %a_1, %a_2 : f32
        pattern.yield %v_3 : f32
      }
      %wide2 = pattern.map (%d in 1, %b in 2, %j in 8) -> tensor<1x2x8xf32> {
        %v_ = pattern.read %h2_new[%b, %j] : tensor<2x8xf32>
        pattern.yield %v_ : f32
      }
      pattern.next %h2_new, %c2_new emit %wide2 : tensor<2x8xf32>, tensor<2x8xf32>, tensor<1x2x8xf32>
    }
    %ys2 = pattern.map (%t in 5, %b in 2, %j in 8) -> tensor<5x2x8xf32> {
      %v_ = pattern.read %stack2[%t, 0, %b, %j] : tensor<5x1x2x8xf32>
      pattern.yield %v_ : f32
    }
    %y2 = pattern.map (%b in 2, %t in 5, %j in 8) -> tensor<2x5x8xf32> {
      %v_ = pattern.read %ys2[%t, %b, %j] : tensor<5x2x8xf32>
      pattern.yield %v_ : f32
    }
    func.return %y2, %h2_last : tensor<2x5x8xf32>, tensor<2x8xf32>
  }
}
