// LSTM in both directions: outputs are stacked as [step, direction, batch, unit], which is
// a result, then made rows of [step, batch, 2 * unit] for the product that follows.
builtin.module {
  func.func @main(%x: tensor<2x5x6xf32> {pattern.name = "x"})
      -> (tensor<5x2x2x8xf32> {pattern.name = "y"}, tensor<5x2x6xf32> {pattern.name = "z"}) {
    %xt = pattern.map (%t in 5, %b in 2, %k in 6) -> tensor<5x2x6xf32> {
      %v_ = pattern.read %x[%b, %t, %k] : tensor<2x5x6xf32>
      pattern.yield %v_ : f32
    }
    %zero = arith.constant dense<0.0> : tensor<2x8xf32>
    %Wf = pattern.parameter "Wf" : tensor<32x6xf32>
    %Rf = pattern.parameter "Rf" : tensor<32x8xf32>
    %Bf = pattern.parameter "Bf" : tensor<64xf32>
    %wtf = pattern.map (%k in 6, %n in 32) -> tensor<6x32xf32> {
      %v_ = pattern.read %Wf[%n, %k] : tensor<32x6xf32>
      pattern.yield %v_ : f32
    }
    %rtf = pattern.map (%k in 8, %n in 32) -> tensor<8x32xf32> {
      %v_ = pattern.read %Rf[%n, %k] : tensor<32x8xf32>
      pattern.yield %v_ : f32
    }
    %wrf = pattern.map (%k in 14, %n in 32) -> tensor<14x32xf32> {
      %p_0 = pattern.read %wtf[%k, %n] zero_outside : tensor<6x32xf32>
      %p_1 = pattern.read %rtf[%k - 6, %n] zero_outside : tensor<8x32xf32>
      %s_1 = arith.addf %p_0, %p_1 : f32
      pattern.yield %s_1 : f32
    }
    %wbf = pattern.map (%n in 32) -> tensor<32xf32> {
      %v_ = pattern.read %Bf[%n] : tensor<64xf32>
      pattern.yield %v_ : f32
    }
    %rbf = pattern.map (%n in 32) -> tensor<32xf32> {
      %v_ = pattern.read %Bf[%n + 32] : tensor<64xf32>
      pattern.yield %v_ : f32
    }
    %biasf = pattern.map (%b in 2, %n in 32) -> tensor<2x32xf32> {
      %v_ = pattern.read %wbf[%n] : tensor<32xf32>
      pattern.yield %v_ : f32
    }
    %hf_last, %cf_last, %stackf = pattern.scan (%t in 5) carry (%hf = %zero : tensor<2x8xf32>, %cf = %zero : tensor<2x8xf32>) -> (tensor<2x8xf32>, tensor<2x8xf32>, tensor<5x1x2x8xf32>) {
      %xsf = pattern.map (%b in 2, %k in 6) -> tensor<2x6xf32> {
        %v_ = pattern.read %xt[%t, %b, %k] : tensor<5x2x6xf32>
        pattern.yield %v_ : f32
      }
      %xhf = pattern.map (%b in 2, %k in 14) -> tensor<2x14xf32> {
        %p_0 = pattern.read %xsf[%b, %k] zero_outside : tensor<2x6xf32>
        %p_1 = pattern.read %hf[%b, %k - 6] zero_outside : tensor<2x8xf32>
        %s_1 = arith.addf %p_0, %p_1 : f32
        pattern.yield %s_1 : f32
      }
      %zf = pattern.map (%b in 2, %n in 32) -> tensor<2x32xf32> {
        %s_ = pattern.reduce add (%k in 14) : f32 {
          %l_ = pattern.read %xhf[%b, %k] : tensor<2x14xf32>
          %r_ = pattern.read %wrf[%k, %n] : tensor<14x32xf32>
          %p_ = arith.mulf %l_, %r_ : f32
          pattern.yield %p_ : f32
        }
        %b_0 = pattern.read %biasf[%b, %n] : tensor<2x32xf32>
        %v_1 = arith.addf %s_, %b_0 : f32
        %b_1 = pattern.read %rbf[%n] : tensor<32xf32>
        %v_2 = arith.addf %v_1, %b_1 : f32
        pattern.yield %v_2 : f32
      }
      %zif = pattern.map (%b in 2, %j in 8) -> tensor<2x8xf32> {
        %v_ = pattern.read %zf[%b, %j] : tensor<2x32xf32>
        pattern.yield %v_ : f32
      }
      %zff = pattern.map (%b in 2, %j in 8) -> tensor<2x8xf32> {
        %v_ = pattern.read %zf[%b, %j + 8] : tensor<2x32xf32>
        pattern.yield %v_ : f32
      }
      %zgf = pattern.map (%b in 2, %j in 8) -> tensor<2x8xf32> {
        %v_ = pattern.read %zf[%b, %j + 16] : tensor<2x32xf32>
        pattern.yield %v_ : f32
      }
      %zof = pattern.map (%b in 2, %j in 8) -> tensor<2x8xf32> {
        %v_ = pattern.read %zf[%b, %j + 24] : tensor<2x32xf32>
        pattern.yield %v_ : f32
      }
      %cf_new = pattern.map (%b in 2, %j in 8) -> tensor<2x8xf32> {
        %i_ = pattern.read %zif[%b, %j] : tensor<2x8xf32>
        %f_ = pattern.read %zff[%b, %j] : tensor<2x8xf32>
        %g_ = pattern.read %zgf[%b, %j] : tensor<2x8xf32>
        %old_ = pattern.read %cf[%b, %j] : tensor<2x8xf32>
        %a_1 = pattern.activate sigmoid %f_ : f32
        %v_2 = arith.mulf %a_1, %old_ : f32
        %a_3 = pattern.activate sigmoid %i_ : f32
        %a_4 = pattern.activate tanh %g_ : f32
        %v_5 = arith.mulf %a_3, %a_4 : f32
        %v_6 = arith.addf %v_2, %v_5 : f32
        pattern.yield %v_6 : f32
      }
      %hf_new = pattern.map (%b in 2, %j in 8) -> tensor<2x8xf32> {
        %o_ = pattern.read %zof[%b, %j] : tensor<2x8xf32>
        %cell_ = pattern.read %cf_new[%b, %j] : tensor<2x8xf32>
        %a_1 = pattern.activate sigmoid %o_ : f32
        %a_2 = pattern.activate tanh %cell_ : f32
        %v_3 = arith.mulf %a_1, %a_2 : f32
        pattern.yield %v_3 : f32
      }
      %widef = pattern.map (%d in 1, %b in 2, %j in 8) -> tensor<1x2x8xf32> {
        %v_ = pattern.read %hf_new[%b, %j] : tensor<2x8xf32>
        pattern.yield %v_ : f32
      }
      pattern.next %hf_new, %cf_new emit %widef : tensor<2x8xf32>, tensor<2x8xf32>, tensor<1x2x8xf32>
    }
    %ysf = pattern.map (%t in 5, %b in 2, %j in 8) -> tensor<5x2x8xf32> {
      %v_ = pattern.read %stackf[%t, 0, %b, %j] : tensor<5x1x2x8xf32>
      pattern.yield %v_ : f32
    }
    %side_f = pattern.map (%t in 5, %d in 1, %b in 2, %j in 8) -> tensor<5x1x2x8xf32> {
      %v_ = pattern.read %ysf[%t, %b, %j] : tensor<5x2x8xf32>
      pattern.yield %v_ : f32
    }
    %Wb = pattern.parameter "Wb" : tensor<32x6xf32>
    %Rb = pattern.parameter "Rb" : tensor<32x8xf32>
    %Bb = pattern.parameter "Bb" : tensor<64xf32>
    %wtb = pattern.map (%k in 6, %n in 32) -> tensor<6x32xf32> {
      %v_ = pattern.read %Wb[%n, %k] : tensor<32x6xf32>
      pattern.yield %v_ : f32
    }
    %rtb = pattern.map (%k in 8, %n in 32) -> tensor<8x32xf32> {
      %v_ = pattern.read %Rb[%n, %k] : tensor<32x8xf32>
      pattern.yield %v_ : f32
    }
    %wrb = pattern.map (%k in 14, %n in 32) -> tensor<14x32xf32> {
      %p_0 = pattern.read %wtb[%k, %n] zero_outside : tensor<6x32xf32>
      %p_1 = pattern.read %rtb[%k - 6, %n] zero_outside : tensor<8x32xf32>
      %s_1 = arith.addf %p_0, %p_1 : f32
      pattern.yield %s_1 : f32
    }
    %wbb = pattern.map (%n in 32) -> tensor<32xf32> {
      %v_ = pattern.read %Bb[%n] : tensor<64xf32>
      pattern.yield %v_ : f32
    }
    %rbb = pattern.map (%n in 32) -> tensor<32xf32> {
      %v_ = pattern.read %Bb[%n + 32] : tensor<64xf32>
      pattern.yield %v_ : f32
    }
    %biasb = pattern.map (%b in 2, %n in 32) -> tensor<2x32xf32> {
      %v_ = pattern.read %wbb[%n] : tensor<32xf32>
      pattern.yield %v_ : f32
    }
    %hb_last, %cb_last, %stackb = pattern.scan reverse (%t in 5) carry (%hb = %zero : tensor<2x8xf32>, %cb = %zero : tensor<2x8xf32>) -> (tensor<2x8xf32>, tensor<2x8xf32>, tensor<5x1x2x8xf32>) {
      %xsb = pattern.map (%b in 2, %k in 6) -> tensor<2x6xf32> {
        %v_ = pattern.read %xt[%t, %b, %k] : tensor<5x2x6xf32>
        pattern.yield %v_ : f32
      }
      %xhb = pattern.map (%b in 2, %k in 14) -> tensor<2x14xf32> {
        %p_0 = pattern.read %xsb[%b, %k] zero_outside : tensor<2x6xf32>
        %p_1 = pattern.read %hb[%b, %k - 6] zero_outside : tensor<2x8xf32>
        %s_1 = arith.addf %p_0, %p_1 : f32
        pattern.yield %s_1 : f32
      }
      %zb = pattern.map (%b in 2, %n in 32) -> tensor<2x32xf32> {
        %s_ = pattern.reduce add (%k in 14) : f32 {
          %l_ = pattern.read %xhb[%b, %k] : tensor<2x14xf32>
          %r_ = pattern.read %wrb[%k, %n] : tensor<14x32xf32>
          %p_ = arith.mulf %l_, %r_ : f32
          pattern.yield %p_ : f32
        }
        %b_0 = pattern.read %biasb[%b, %n] : tensor<2x32xf32>
        %v_1 = arith.addf %s_, %b_0 : f32
        %b_1 = pattern.read %rbb[%n] : tensor<32xf32>
        %v_2 = arith.addf %v_1, %b_1 : f32
        pattern.yield %v_2 : f32
      }
      %zib = pattern.map (%b in 2, %j in 8) -> tensor<2x8xf32> {
        %v_ = pattern.read %zb[%b, %j] : tensor<2x32xf32>
        pattern.yield %v_ : f32
      }
      %zfb = pattern.map (%b in 2, %j in 8) -> tensor<2x8xf32> {
        %v_ = pattern.read %zb[%b, %j + 8] : tensor<2x32xf32>
        pattern.yield %v_ : f32
      }
      %zgb = pattern.map (%b in 2, %j in 8) -> tensor<2x8xf32> {
        %v_ = pattern.read %zb[%b, %j + 16] : tensor<2x32xf32>
        pattern.yield %v_ : f32
      }
      %zob = pattern.map (%b in 2, %j in 8) -> tensor<2x8xf32> {
        %v_ = pattern.read %zb[%b, %j + 24] : tensor<2x32xf32>
        pattern.yield %v_ : f32
      }
      %cb_new = pattern.map (%b in 2, %j in 8) -> tensor<2x8xf32> {
        %i_ = pattern.read %zib[%b, %j] : tensor<2x8xf32>
        %f_ = pattern.read %zfb[%b, %j] : tensor<2x8xf32>
        %g_ = pattern.read %zgb[%b, %j] : tensor<2x8xf32>
        %old_ = pattern.read %cb[%b, %j] : tensor<2x8xf32>
        %a_1 = pattern.activate sigmoid %f_ : f32
        %v_2 = arith.mulf %a_1, %old_ : f32
        %a_3 = pattern.activate sigmoid %i_ : f32
        %a_4 = pattern.activate tanh %g_ : f32
        %v_5 = arith.mulf %a_3, %a_4 : f32
        %v_6 = arith.addf %v_2, %v_5 : f32
        pattern.yield %v_6 : f32
      }
      %hb_new = pattern.map (%b in 2, %j in 8) -> tensor<2x8xf32> {
        %o_ = pattern.read %zob[%b, %j] : tensor<2x8xf32>
        %cell_ = pattern.read %cb_new[%b, %j] : tensor<2x8xf32>
        %a_1 = pattern.activate sigmoid %o_ : f32
        %a_2 = pattern.activate tanh %cell_ : f32
        %v_3 = arith.mulf %a_1, %a_2 : f32
        pattern.yield %v_3 : f32
      }
      %wideb = pattern.map (%d in 1, %b in 2, %j in 8) -> tensor<1x2x8xf32> {
        %v_ = pattern.read %hb_new[%b, %j] : tensor<2x8xf32>
        pattern.yield %v_ : f32
      }
      pattern.next %hb_new, %cb_new emit %wideb : tensor<2x8xf32>, tensor<2x8xf32>, tensor<1x2x8xf32>
    }
    %ysb = pattern.map (%t in 5, %b in 2, %j in 8) -> tensor<5x2x8xf32> {
      %v_ = pattern.read %stackb[%t, 0, %b, %j] : tensor<5x1x2x8xf32>
      pattern.yield %v_ : f32
    }
    %side_b = pattern.map (%t in 5, %d in 1, %b in 2, %j in 8) -> tensor<5x1x2x8xf32> {
      %v_ = pattern.read %ysb[%t, %b, %j] : tensor<5x2x8xf32>
      pattern.yield %v_ : f32
    }
    %y = pattern.map (%t in 5, %d in 2, %b in 2, %j in 8) -> tensor<5x2x2x8xf32> {
      %p_0 = pattern.read %side_f[%t, %d, %b, %j] zero_outside : tensor<5x1x2x8xf32>
      %p_1 = pattern.read %side_b[%t, %d - 1, %b, %j] zero_outside : tensor<5x1x2x8xf32>
      %s_1 = arith.addf %p_0, %p_1 : f32
      pattern.yield %s_1 : f32
    }
    %flat = pattern.map (%t in 5, %b in 2, %m in 16) -> tensor<5x2x16xf32> {
      %v_ = pattern.read %y[%t, %m floordiv 8, %b, %m mod 8] : tensor<5x2x2x8xf32>
      pattern.yield %v_ : f32
    }
    %Wo = pattern.parameter "Wo" : tensor<6x16xf32>
    %wo = pattern.map (%m in 16, %n in 6) -> tensor<16x6xf32> {
      %v_ = pattern.read %Wo[%n, %m] : tensor<6x16xf32>
      pattern.yield %v_ : f32
    }
    %z = pattern.map (%t in 5, %b in 2, %n in 6) -> tensor<5x2x6xf32> {
      %s_ = pattern.reduce add (%m in 16) : f32 {
        %l_ = pattern.read %flat[%t, %b, %m] : tensor<5x2x16xf32>
        %r_ = pattern.read %wo[%m, %n] : tensor<16x6xf32>
        %p_ = arith.mulf %l_, %r_ : f32
        pattern.yield %p_ : f32
      }
      pattern.yield %s_ : f32
    }
    func.return %y, %z : tensor<5x2x2x8xf32>, tensor<5x2x6xf32>
  }
}
