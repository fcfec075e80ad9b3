// Dilated causal convolutions as in WaveNet: each is padded, cut into its taps, put side
// by side and transposed for a product, whose columns are split into filter and gate.
builtin.module {
  func.func @main(%x: tensor<24x8xf32> {pattern.name = "x"})
      -> (tensor<8x24xf32> {pattern.name = "y"}) {
    %in0 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %x[%t, %c] : tensor<24x8xf32>
      pattern.yield %v_ : f32
    }
    %pad0 = pattern.map (%c in 8, %t in 25) -> tensor<8x25xf32> {
      %v_ = pattern.read %in0[%c, %t - 1] zero_outside : tensor<8x24xf32>
      pattern.yield %v_ : f32
    }
    %past0 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %pad0[%c, %t] : tensor<8x25xf32>
      pattern.yield %v_ : f32
    }
    %now0 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %pad0[%c, %t + 1] : tensor<8x25xf32>
      pattern.yield %v_ : f32
    }
    %taps0 = pattern.map (%c in 16, %t in 24) -> tensor<16x24xf32> {
      %p_0 = pattern.read %past0[%c, %t] zero_outside : tensor<8x24xf32>
      %p_1 = pattern.read %now0[%c - 8, %t] zero_outside : tensor<8x24xf32>
      %s_1 = arith.addf %p_0, %p_1 : f32
      pattern.yield %s_1 : f32
    }
    %rows0 = pattern.map (%t in 24, %k in 16) -> tensor<24x16xf32> {
      %v_ = pattern.read %taps0[%k, %t] : tensor<16x24xf32>
      pattern.yield %v_ : f32
    }
    %W0 = pattern.parameter "W0" : tensor<16x8x2xf32>
    %flat0 = pattern.map (%n in 16, %k in 16) -> tensor<16x16xf32> {
      %v_ = pattern.read %W0[%n, %k mod 8, %k floordiv 8] : tensor<16x8x2xf32>
      pattern.yield %v_ : f32
    }
    %turned0 = pattern.map (%k in 16, %n in 16) -> tensor<16x16xf32> {
      %v_ = pattern.read %flat0[%n, %k] : tensor<16x16xf32>
      pattern.yield %v_ : f32
    }
    %z0 = pattern.map (%t in 24, %n in 16) -> tensor<24x16xf32> {
      %s_ = pattern.reduce add (%k in 16) : f32 {
        %l_ = pattern.read %rows0[%t, %k] : tensor<24x16xf32>
        %r_ = pattern.read %turned0[%k, %n] : tensor<16x16xf32>
        %p_ = arith.mulf %l_, %r_ : f32
        pattern.yield %p_ : f32
      }
      pattern.yield %s_ : f32
    }
    %out0 = pattern.map (%c in 16, %t in 24) -> tensor<16x24xf32> {
      %v_ = pattern.read %z0[%t, %c] : tensor<24x16xf32>
      pattern.yield %v_ : f32
    }
    %filter0 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %out0[%c, %t] : tensor<16x24xf32>
      pattern.yield %v_ : f32
    }
    %filterT0 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %v_ = pattern.read %filter0[%c, %t] : tensor<8x24xf32>
      pattern.yield %v_ : f32
    }
    %gate0 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %out0[%c + 8, %t] : tensor<16x24xf32>
      pattern.yield %v_ : f32
    }
    %gateT0 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %v_ = pattern.read %gate0[%c, %t] : tensor<8x24xf32>
      pattern.yield %v_ : f32
    }
    %active0 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %filter_ = pattern.read %filterT0[%t, %c] : tensor<24x8xf32>
      %gate_ = pattern.read %gateT0[%t, %c] : tensor<24x8xf32>
      %a_1 = pattern.activate tanh %filter_ : f32
      %a_2 = pattern.activate sigmoid %gate_ : f32
      %v_3 = arith.mulf %a_1, %a_2 : f32
      pattern.yield %v_3 : f32
    }
    %resW0 = pattern.parameter "resW0" : tensor<8x8xf32>
    %resT0 = pattern.map (%k in 8, %c in 8) -> tensor<8x8xf32> {
      %v_ = pattern.read %resW0[%c, %k] : tensor<8x8xf32>
      pattern.yield %v_ : f32
    }
    %res0 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %s_ = pattern.reduce add (%k in 8) : f32 {
        %l_ = pattern.read %active0[%t, %k] : tensor<24x8xf32>
        %r_ = pattern.read %resT0[%k, %c] : tensor<8x8xf32>
        %p_ = arith.mulf %l_, %r_ : f32
        pattern.yield %p_ : f32
      }
      pattern.yield %s_ : f32
    }
    %res_out0 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %v_ = pattern.read %res0[%t, %c] : tensor<24x8xf32>
      pattern.yield %v_ : f32
    }
    %skipW0 = pattern.parameter "skipW0" : tensor<8x8xf32>
    %skipT0 = pattern.map (%k in 8, %c in 8) -> tensor<8x8xf32> {
      %v_ = pattern.read %skipW0[%c, %k] : tensor<8x8xf32>
      pattern.yield %v_ : f32
    }
    %skip0 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %s_ = pattern.reduce add (%k in 8) : f32 {
        %l_ = pattern.read %active0[%t, %k] : tensor<24x8xf32>
        %r_ = pattern.read %skipT0[%k, %c] : tensor<8x8xf32>
        %p_ = arith.mulf %l_, %r_ : f32
        pattern.yield %p_ : f32
      }
      pattern.yield %s_ : f32
    }
    %skip_out0 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %v_ = pattern.read %skip0[%t, %c] : tensor<24x8xf32>
      pattern.yield %v_ : f32
    }
    %x0 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %r_ = pattern.read %res_out0[%t, %c] : tensor<24x8xf32>
      %x_ = pattern.read %x[%t, %c] : tensor<24x8xf32>
      %v_1 = arith.addf %r_, %x_ : f32
      pattern.yield %v_1 : f32
    }
    %in1 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %x0[%t, %c] : tensor<24x8xf32>
      pattern.yield %v_ : f32
    }
    %pad1 = pattern.map (%c in 8, %t in 26) -> tensor<8x26xf32> {
      %v_ = pattern.read %in1[%c, %t - 2] zero_outside : tensor<8x24xf32>
      pattern.yield %v_ : f32
    }
    %past1 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %pad1[%c, %t] : tensor<8x26xf32>
      pattern.yield %v_ : f32
    }
    %now1 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %pad1[%c, %t + 2] : tensor<8x26xf32>
      pattern.yield %v_ : f32
    }
    %taps1 = pattern.map (%c in 16, %t in 24) -> tensor<16x24xf32> {
      %p_0 = pattern.read %past1[%c, %t] zero_outside : tensor<8x24xf32>
      %p_1 = pattern.read %now1[%c - 8, %t] zero_outside : tensor<8x24xf32>
      %s_1 = arith.addf %p_0, %p_1 : f32
      pattern.yield %s_1 : f32
    }
    %rows1 = pattern.map (%t in 24, %k in 16) -> tensor<24x16xf32> {
      %v_ = pattern.read %taps1[%k, %t] : tensor<16x24xf32>
      pattern.yield %v_ : f32
    }
    %W1 = pattern.parameter "W1" : tensor<16x8x2xf32>
    %flat1 = pattern.map (%n in 16, %k in 16) -> tensor<16x16xf32> {
      %v_ = pattern.read %W1[%n, %k mod 8, %k floordiv 8] : tensor<16x8x2xf32>
      pattern.yield %v_ : f32
    }
    %turned1 = pattern.map (%k in 16, %n in 16) -> tensor<16x16xf32> {
      %v_ = pattern.read %flat1[%n, %k] : tensor<16x16xf32>
      pattern.yield %v_ : f32
    }
    %z1 = pattern.map (%t in 24, %n in 16) -> tensor<24x16xf32> {
      %s_ = pattern.reduce add (%k in 16) : f32 {
        %l_ = pattern.read %rows1[%t, %k] : tensor<24x16xf32>
        %r_ = pattern.read %turned1[%k, %n] : tensor<16x16xf32>
        %p_ = arith.mulf %l_, %r_ : f32
        pattern.yield %p_ : f32
      }
      pattern.yield %s_ : f32
    }
    %out1 = pattern.map (%c in 16, %t in 24) -> tensor<16x24xf32> {
      %v_ = pattern.read %z1[%t, %c] : tensor<24x16xf32>
      pattern.yield %v_ : f32
    }
    %filter1 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %out1[%c, %t] : tensor<16x24xf32>
      pattern.yield %v_ : f32
    }
    %filterT1 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %v_ = pattern.read %filter1[%c, %t] : tensor<8x24xf32>
      pattern.yield %v_ : f32
    }
    %gate1 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %out1[%c + 8, %t] : tensor<16x24xf32>
      pattern.yield %v_ : f32
    }
    %gateT1 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %v_ = pattern.read %gate1[%c, %t] : tensor<8x24xf32>
      pattern.yield %v_ : f32
    }
    %active1 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %filter_ = pattern.read %filterT1[%t, %c] : tensor<24x8xf32>
      %gate_ = pattern.read %gateT1[%t, %c] : tensor<24x8xf32>
      %a_1 = pattern.activate tanh %filter_ : f32
      %a_2 = pattern.activate sigmoid %gate_ : f32
      %v_3 = arith.mulf %a_1, %a_2 : f32
      pattern.yield %v_3 : f32
    }
    %resW1 = pattern.parameter "resW1" : tensor<8x8xf32>
    %resT1 = pattern.map (%k in 8, %c in 8) -> tensor<8x8xf32> {
      %v_ = pattern.read %resW1[%c, %k] : tensor<8x8xf32>
      pattern.yield %v_ : f32
    }
    %res1 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %s_ = pattern.reduce add (%k in 8) : f32 {
        %l_ = pattern.read %active1[%t, %k] : tensor<24x8xf32>
        %r_ = pattern.read %resT1[%k, %c] : tensor<8x8xf32>
        %p_ = arith.mulf %l_, %r_ : f32
        pattern.yield %p_ : f32
      }
      pattern.yield %s_ : f32
    }
    %res_out1 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %v_ = pattern.read %res1[%t, %c] : tensor<24x8xf32>
      pattern.yield %v_ : f32
    }
    %skipW1 = pattern.parameter "skipW1" : tensor<8x8xf32>
    %skipT1 = pattern.map (%k in 8, %c in 8) -> tensor<8x8xf32> {
      %v_ = pattern.read %skipW1[%c, %k] : tensor<8x8xf32>
      pattern.yield %v_ : f32
    }
    %skip1 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %s_ = pattern.reduce add (%k in 8) : f32 {
        %l_ = pattern.read %active1[%t, %k] : tensor<24x8xf32>
        %r_ = pattern.read %skipT1[%k, %c] : tensor<8x8xf32>
        %p_ = arith.mulf %l_, %r_ : f32
        pattern.yield %p_ : f32
      }
      pattern.yield %s_ : f32
    }
    %skip_out1 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %v_ = pattern.read %skip1[%t, %c] : tensor<24x8xf32>
      pattern.yield %v_ : f32
    }
    %x1 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %r_ = pattern.read %res_out1[%t, %c] : tensor<24x8xf32>
      %x_ = pattern.read %x0[%t, %c] : tensor<24x8xf32>
      %v_1 = arith.addf %r_, %x_ : f32
      pattern.yield %v_1 : f32
    }
    %s1 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %s_ = pattern.read %skip_out0[%t, %c] : tensor<24x8xf32>
      %o_ = pattern.read %skip_out1[%t, %c] : tensor<24x8xf32>
      %v_1 = arith.addf %s_, %o_ : f32
      pattern.yield %v_1 : f32
    }
    %in2 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %x1[%t, %c] : tensor<24x8xf32>
      pattern.yield %v_ : f32
    }
    %pad2 = pattern.map (%c in 8, %t in 28) -> tensor<8x28xf32> {
      %v_ = pattern.read %in2[%c, %t - 4] zero_outside : tensor<8x24xf32>
      pattern.yield %v_ : f32
    }
    %past2 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %pad2[%c, %t] : tensor<8x28xf32>
      pattern.yield %v_ : f32
    }
    %now2 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %pad2[%c, %t + 4] : tensor<8x28xf32>
      pattern.yield %v_ : f32
    }
    %taps2 = pattern.map (%c in 16, %t in 24) -> tensor<16x24xf32> {
      %p_0 = pattern.read %past2[%c, %t] zero_outside : tensor<8x24xf32>
      %p_1 = pattern.read %now2[%c - 8, %t] zero_outside : tensor<8x24xf32>
      %s_1 = arith.addf %p_0, %p_1 : f32
      pattern.yield %s_1 : f32
    }
    %rows2 = pattern.map (%t in 24, %k in 16) -> tensor<24x16xf32> {
      %v_ = pattern.read %taps2[%k, %t] : tensor<16x24xf32>
      pattern.yield %v_ : f32
    }
    %W2 = pattern.parameter "W2" : tensor<16x8x2xf32>
    %flat2 = pattern.map (%n in 16, %k in 16) -> tensor<16x16xf32> {
      %v_ = pattern.read %W2[%n, %k mod 8, %k floordiv 8] : tensor<16x8x2xf32>
      pattern.yield %v_ : f32
    }
    %turned2 = pattern.map (%k in 16, %n in 16) -> tensor<16x16xf32> {
      %v_ = pattern.read %flat2[%n, %k] : tensor<16x16xf32>
      pattern.yield %v_ : f32
    }
    %z2 = pattern.map (%t in 24, %n in 16) -> tensor<24x16xf32> {
      %s_ = pattern.reduce add (%k in 16) : f32 {
        %l_ = pattern.read %rows2[%t, %k] : tensor<24x16xf32>
        %r_ = pattern.read %turned2[%k, %n] : tensor<16x16xf32>
        %p_ = arith.mulf %l_, %r_ : f32
        pattern.yield %p_ : f32
      }
      pattern.yield %s_ : f32
    }
    %out2 = pattern.map (%c in 16, %t in 24) -> tensor<16x24xf32> {
      %v_ = pattern.read %z2[%t, %c] : tensor<24x16xf32>
      pattern.yield %v_ : f32
    }
    %filter2 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %out2[%c, %t] : tensor<16x24xf32>
      pattern.yield %v_ : f32
    }
    %filterT2 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %v_ = pattern.read %filter2[%c, %t] : tensor<8x24xf32>
      pattern.yield %v_ : f32
    }
    %gate2 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %out2[%c + 8, %t] : tensor<16x24xf32>
      pattern.yield %v_ : f32
    }
    %gateT2 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %v_ = pattern.read %gate2[%c, %t] : tensor<8x24xf32>
      pattern.yield %v_ : f32
    }
    %active2 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %filter_ = pattern.read %filterT2[%t, %c] : tensor<24x8xf32>
      %gate_ = pattern.read %gateT2[%t, %c] : tensor<24x8xf32>
      %a_1 = pattern.activate tanh %filter_ : f32
      %a_2 = pattern.activate sigmoid %gate_ : f32
      %v_3 = arith.mulf %a_1, %a_2 : f32
      pattern.yield %v_3 : f32
    }
    %resW2 = pattern.parameter "resW2" : tensor<8x8xf32>
    %resT2 = pattern.map (%k in 8, %c in 8) -> tensor<8x8xf32> {
      %v_ = pattern.read %resW2[%c, %k] : tensor<8x8xf32>
      pattern.yield %v_ : f32
    }
    %res2 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %s_ = pattern.reduce add (%k in 8) : f32 {
        %l_ = pattern.read %active2[%t, %k] : tensor<24x8xf32>
        %r_ = pattern.read %resT2[%k, %c] : tensor<8x8xf32>
        %p_ = arith.mulf %l_, %r_ : f32
        pattern.yield %p_ : f32
      }
      pattern.yield %s_ : f32
    }
    %res_out2 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %v_ = pattern.read %res2[%t, %c] : tensor<24x8xf32>
      pattern.yield %v_ : f32
    }
    %skipW2 = pattern.parameter "skipW2" : tensor<8x8xf32>
    %skipT2 = pattern.map (%k in 8, %c in 8) -> tensor<8x8xf32> {
      %v_ = pattern.read %skipW2[%c, %k] : tensor<8x8xf32>
      pattern.yield %v_ : f32
    }
    %skip2 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %s_ = pattern.reduce add (%k in 8) : f32 {
        %l_ = pattern.read %active2[%t, %k] : tensor<24x8xf32>
        %r_ = pattern.read %skipT2[%k, %c] : tensor<8x8xf32>
        %p_ = arith.mulf %l_, %r_ : f32
        pattern.yield %p_ : f32
      }
      pattern.yield %s_ : f32
    }
    %skip_out2 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %v_ = pattern.read %skip2[%t, %c] : tensor<24x8xf32>
      pattern.yield %v_ : f32
    }
    %x2 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %r_ = pattern.read %res_out2[%t, %c] : tensor<24x8xf32>
      %x_ = pattern.read %x1[%t, %c] : tensor<24x8xf32>
      %v_1 = arith.addf %r_, %x_ : f32
      pattern.yield %v_1 : f32
    }
    %s2 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %s_ = pattern.read %s1[%t, %c] : tensor<24x8xf32>
      %o_ = pattern.read %skip_out2[%t, %c] : tensor<24x8xf32>
      %v_1 = arith.addf %s_, %o_ : f32
      pattern.yield %v_1 : f32
    }
    %in3 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %x2[%t, %c] : tensor<24x8xf32>
      pattern.yield %v_ : f32
    }
    %pad3 = pattern.map (%c in 8, %t in 32) -> tensor<8x32xf32> {
      %v_ = pattern.read %in3[%c, %t - 8] zero_outside : tensor<8x24xf32>
      pattern.yield %v_ : f32
    }
    %past3 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %pad3[%c, %t] : tensor<8x32xf32>
      pattern.yield %v_ : f32
    }
    %now3 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %pad3[%c, %t + 8] : tensor<8x32xf32>
      pattern.yield %v_ : f32
    }
    %taps3 = pattern.map (%c in 16, %t in 24) -> tensor<16x24xf32> {
      %p_0 = pattern.read %past3[%c, %t] zero_outside : tensor<8x24xf32>
      %p_1 = pattern.read %now3[%c - 8, %t] zero_outside : tensor<8x24xf32>
      %s_1 = arith.addf %p_0, %p_1 : f32
      pattern.yield %s_1 : f32
    }
    %rows3 = pattern.map (%t in 24, %k in 16) -> tensor<24x16xf32> {
      %v_ = pattern.read %taps3[%k, %t] : tensor<16x24xf32>
      pattern.yield %v_ : f32
    }
    %W3 = pattern.parameter "W3" : tensor<16x8x2xf32>
    %flat3 = pattern.map (%n in 16, %k in 16) -> tensor<16x16xf32> {
      %v_ = pattern.read %W3[%n, %k mod 8, %k floordiv 8] : tensor<16x8x2xf32>
      pattern.yield %v_ : f32
    }
    %turned3 = pattern.map (%k in 16, %n in 16) -> tensor<16x16xf32> {
      %v_ = pattern.read %flat3[%n, %k] : tensor<16x16xf32>
      pattern.yield %v_ : f32
    }
    %z3 = pattern.map (%t in 24, %n in 16) -> tensor<24x16xf32> {
      %s_ = pattern.reduce add (%k in 16) : f32 {
        %l_ = pattern.read %rows3[%t, %k] : tensor<24x16xf32>
        %r_ = pattern.read %turned3[%k, %n] : tensor<16x16xf32>
        %p_ = arith.mulf %l_, %r_ : f32
        pattern.yield %p_ : f32
      }
      pattern.yield %s_ : f32
    }
    %out3 = pattern.map (%c in 16, %t in 24) -> tensor<16x24xf32> {
      %v_ = pattern.read %z3[%t, %c] : tensor<24x16xf32>
      pattern.yield %v_ : f32
    }
    %filter3 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %out3[%c, %t] : tensor<16x24xf32>
      pattern.yield %v_ : f32
    }
    %filterT3 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %v_ = pattern.read %filter3[%c, %t] : tensor<8x24xf32>
      pattern.yield %v_ : f32
    }
    %gate3 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %out3[%c + 8, %t] : tensor<16x24xf32>
      pattern.yield %v_ : f32
    }
    %gateT3 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %v_ = pattern.read %gate3[%c, %t] : tensor<8x24xf32>
      pattern.yield %v_ : f32
    }
    %active3 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %filter_ = pattern.read %filterT3[%t, %c] : tensor<24x8xf32>
      %gate_ = pattern.read %gateT3[%t, %c] : tensor<24x8xf32>
      %a_1 = pattern.activate tanh %filter_ : f32
      %a_2 = pattern.activate sigmoid %gate_ : f32
      %v_3 = arith.mulf %a_1, %a_2 : f32
      pattern.yield %v_3 : f32
    }
    %resW3 = pattern.parameter "resW3" : tensor<8x8xf32>
    %resT3 = pattern.map (%k in 8, %c in 8) -> tensor<8x8xf32> {
      %v_ = pattern.read %resW3[%c, %k] : tensor<8x8xf32>
      pattern.yield %v_ : f32
    }
    %res3 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %s_ = pattern.reduce add (%k in 8) : f32 {
        %l_ = pattern.read %active3[%t, %k] : tensor<24x8xf32>
        %r_ = pattern.read %resT3[%k, %c] : tensor<8x8xf32>
        %p_ = arith.mulf %l_, %r_ : f32
        pattern.yield %p_ : f32
      }
      pattern.yield %s_ : f32
    }
    %res_out3 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %v_ = pattern.read %res3[%t, %c] : tensor<24x8xf32>
      pattern.yield %v_ : f32
    }
    %skipW3 = pattern.parameter "skipW3" : tensor<8x8xf32>
    %skipT3 = pattern.map (%k in 8, %c in 8) -> tensor<8x8xf32> {
      %v_ = pattern.read %skipW3[%c, %k] : tensor<8x8xf32>
      pattern.yield %v_ : f32
    }
    %skip3 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %s_ = pattern.reduce add (%k in 8) : f32 {
        %l_ = pattern.read %active3[%t, %k] : tensor<24x8xf32>
        %r_ = pattern.read %skipT3[%k, %c] : tensor<8x8xf32>
        %p_ = arith.mulf %l_, %r_ : f32
        pattern.yield %p_ : f32
      }
      pattern.yield %s_ : f32
    }
    %skip_out3 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %v_ = pattern.read %skip3[%t, %c] : tensor<24x8xf32>
      pattern.yield %v_ : f32
    }
    %x3 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %r_ = pattern.read %res_out3[%t, %c] : tensor<24x8xf32>
      %x_ = pattern.read %x2[%t, %c] : tensor<24x8xf32>
      %v_1 = arith.addf %r_, %x_ : f32
      pattern.yield %v_1 : f32
    }
    %s3 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %s_ = pattern.read %s2[%t, %c] : tensor<24x8xf32>
      %o_ = pattern.read %skip_out3[%t, %c] : tensor<24x8xf32>
      %v_1 = arith.addf %s_, %o_ : f32
      pattern.yield %v_1 : f32
    }
    %in4 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %x3[%t, %c] : tensor<24x8xf32>
      pattern.yield %v_ : f32
    }
    %pad4 = pattern.map (%c in 8, %t in 25) -> tensor<8x25xf32> {
      %v_ = pattern.read %in4[%c, %t - 1] zero_outside : tensor<8x24xf32>
      pattern.yield %v_ : f32
    }
    %past4 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %pad4[%c, %t] : tensor<8x25xf32>
      pattern.yield %v_ : f32
    }
    %now4 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %pad4[%c, %t + 1] : tensor<8x25xf32>
      pattern.yield %v_ : f32
    }
    %taps4 = pattern.map (%c in 16, %t in 24) -> tensor<16x24xf32> {
      %p_0 = pattern.read %past4[%c, %t] zero_outside : tensor<8x24xf32>
      %p_1 = pattern.read %now4[%c - 8, %t] zero_outside : tensor<8x24xf32>
      %s_1 = arith.addf %p_0, %p_1 : f32
      pattern.yield %s_1 : f32
    }
    %rows4 = pattern.map (%t in 24, %k in 16) -> tensor<24x16xf32> {
      %v_ = pattern.read %taps4[%k, %t] : tensor<16x24xf32>
      pattern.yield %v_ : f32
    }
    %W4 = pattern.parameter "W4" : tensor<16x8x2xf32>
    %flat4 = pattern.map (%n in 16, %k in 16) -> tensor<16x16xf32> {
      %v_ = pattern.read %W4[%n, %k mod 8, %k floordiv 8] : tensor<16x8x2xf32>
      pattern.yield %v_ : f32
    }
    %turned4 = pattern.map (%k in 16, %n in 16) -> tensor<16x16xf32> {
      %v_ = pattern.read %flat4[%n, %k] : tensor<16x16xf32>
      pattern.yield %v_ : f32
    }
    %z4 = pattern.map (%t in 24, %n in 16) -> tensor<24x16xf32> {
      %s_ = pattern.reduce add (%k in 16) : f32 {
        %l_ = pattern.read %rows4[%t, %k] : tensor<24x16xf32>
        %r_ = pattern.read %turned4[%k, %n] : tensor<16x16xf32>
        %p_ = arith.mulf %l_, %r_ : f32
        pattern.yield %p_ : f32
      }
      pattern.yield %s_ : f32
    }
    %out4 = pattern.map (%c in 16, %t in 24) -> tensor<16x24xf32> {
      %v_ = pattern.read %z4[%t, %c] : tensor<24x16xf32>
      pattern.yield %v_ : f32
    }
    %filter4 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %out4[%c, %t] : tensor<16x24xf32>
      pattern.yield %v_ : f32
    }
    %filterT4 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %v_ = pattern.read %filter4[%c, %t] : tensor<8x24xf32>
      pattern.yield %v_ : f32
    }
    %gate4 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %out4[%c + 8, %t] : tensor<16x24xf32>
      pattern.yield %v_ : f32
    }
    %gateT4 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %v_ = pattern.read %gate4[%c, %t] : tensor<8x24xf32>
      pattern.yield %v_ : f32
    }
    %active4 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %filter_ = pattern.read %filterT4[%t, %c] : tensor<24x8xf32>
      %gate_ = pattern.read %gateT4[%t, %c] : tensor<24x8xf32>
      %a_1 = pattern.activate tanh %filter_ : f32
      %a_2 = pattern.activate sigmoid %gate_ : f32
      %v_3 = arith.mulf %a_1, %a_2 : f32
      pattern.yield %v_3 : f32
    }
    %resW4 = pattern.parameter "resW4" : tensor<8x8xf32>
    %resT4 = pattern.map (%k in 8, %c in 8) -> tensor<8x8xf32> {
      %v_ = pattern.read %resW4[%c, %k] : tensor<8x8xf32>
      pattern.yield %v_ : f32
    }
    %res4 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %s_ = pattern.reduce add (%k in 8) : f32 {
        %l_ = pattern.read %active4[%t, %k] : tensor<24x8xf32>
        %r_ = pattern.read %resT4[%k, %c] : tensor<8x8xf32>
        %p_ = arith.mulf %l_, %r_ : f32
        pattern.yield %p_ : f32
      }
      pattern.yield %s_ : f32
    }
    %res_out4 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %v_ = pattern.read %res4[%t, %c] : tensor<24x8xf32>
      pattern.yield %v_ : f32
    }
    %skipW4 = pattern.parameter "skipW4" : tensor<8x8xf32>
    %skipT4 = pattern.map (%k in 8, %c in 8) -> tensor<8x8xf32> {
      %v_ = pattern.read %skipW4[%c, %k] : tensor<8x8xf32>
      pattern.yield %v_ : f32
    }
    %skip4 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %s_ = pattern.reduce add (%k in 8) : f32 {
        %l_ = pattern.read %active4[%t, %k] : tensor<24x8xf32>
        %r_ = pattern.read %skipT4[%k, %c] : tensor<8x8xf32>
        %p_ = arith.mulf %l_, %r_ : f32
        pattern.yield %p_ : f32
      }
      pattern.yield %s_ : f32
    }
    %skip_out4 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %v_ = pattern.read %skip4[%t, %c] : tensor<24x8xf32>
      pattern.yield %v_ : f32
    }
    %x4 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %r_ = pattern.read %res_out4[%t, %c] : tensor<24x8xf32>
      %x_ = pattern.read %x3[%t, %c] : tensor<24x8xf32>
      %v_1 = arith.addf %r_, %x_ : f32
      pattern.yield %v_1 : f32
    }
    %s4 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %s_ = pattern.read %s3[%t, %c] : tensor<24x8xf32>
      %o_ = pattern.read %skip_out4[%t, %c] : tensor<24x8xf32>
      %v_1 = arith.addf %s_, %o_ : f32
      pattern.yield %v_1 : f32
    }
    %in5 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %x4[%t, %c] : tensor<24x8xf32>
      pattern.yield %v_ : f32
    }
    %pad5 = pattern.map (%c in 8, %t in 26) -> tensor<8x26xf32> {
      %v_ = pattern.read %in5[%c, %t - 2] zero_outside : tensor<8x24xf32>
      pattern.yield %v_ : f32
    }
    %past5 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %pad5[%c, %t] : tensor<8x26xf32>
      pattern.yield %v_ : f32
    }
    %now5 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %pad5[%c, %t + 2] : tensor<8x26xf32>
      pattern.yield %v_ : f32
    }
    %taps5 = pattern.map (%c in 16, %t in 24) -> tensor<16x24xf32> {
      %p_0 = pattern.read %past5[%c, %t] zero_outside : tensor<8x24xf32>
      %p_1 = pattern.read %now5[%c - 8, %t] zero_outside : tensor<8x24xf32>
      %s_1 = arith.addf %p_0, %p_1 : f32
      pattern.yield %s_1 : f32
    }
    %rows5 = pattern.map (%t in 24, %k in 16) -> tensor<24x16xf32> {
      %v_ = pattern.read %taps5[%k, %t] : tensor<16x24xf32>
      pattern.yield %v_ : f32
    }
    %W5 = pattern.parameter "W5" : tensor<16x8x2xf32>
    %flat5 = pattern.map (%n in 16, %k in 16) -> tensor<16x16xf32> {
      %v_ = pattern.read %W5[%n, %k mod 8, %k floordiv 8] : tensor<16x8x2xf32>
      pattern.yield %v_ : f32
    }
    %turned5 = pattern.map (%k in 16, %n in 16) -> tensor<16x16xf32> {
      %v_ = pattern.read %flat5[%n, %k] : tensor<16x16xf32>
      pattern.yield %v_ : f32
    }
    %z5 = pattern.map (%t in 24, %n in 16) -> tensor<24x16xf32> {
      %s_ = pattern.reduce add (%k in 16) : f32 {
        %l_ = pattern.read %rows5[%t, %k] : tensor<24x16xf32>
        %r_ = pattern.read %turned5[%k, %n] : tensor<16x16xf32>
        %p_ = arith.mulf %l_, %r_ : f32
        pattern.yield %p_ : f32
      }
      pattern.yield %s_ : f32
    }
    %out5 = pattern.map (%c in 16, %t in 24) -> tensor<16x24xf32> {
      %v_ = pattern.read %z5[%t, %c] : tensor<24x16xf32>
      pattern.yield %v_ : f32
    }
    %filter5 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %out5[%c, %t] : tensor<16x24xf32>
      pattern.yield %v_ : f32
    }
    %filterT5 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %v_ = pattern.read %filter5[%c, %t] : tensor<8x24xf32>
      pattern.yield %v_ : f32
    }
    %gate5 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %out5[%c + 8, %t] : tensor<16x24xf32>
      pattern.yield %v_ : f32
    }
    %gateT5 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %v_ = pattern.read %gate5[%c, %t] : tensor<8x24xf32>
      pattern.yield %v_ : f32
    }
    %active5 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %filter_ = pattern.read %filterT5[%t, %c] : tensor<24x8xf32>
      %gate_ = pattern.read %gateT5[%t, %c] : tensor<24x8xf32>
      %a_1 = pattern.activate tanh %filter_ : f32
      %a_2 = pattern.activate sigmoid %gate_ : f32
      %v_3 = arith.mulf %a_1, %a_2 : f32
      pattern.yield %v_3 : f32
    }
    %resW5 = pattern.parameter "resW5" : tensor<8x8xf32>
    %resT5 = pattern.map (%k in 8, %c in 8) -> tensor<8x8xf32> {
      %v_ = pattern.read %resW5[%c, %k] : tensor<8x8xf32>
      pattern.yield %v_ : f32
    }
    %res5 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %s_ = pattern.reduce add (%k in 8) : f32 {
        %l_ = pattern.read %active5[%t, %k] : tensor<24x8xf32>
        %r_ = pattern.read %resT5[%k, %c] : tensor<8x8xf32>
        %p_ = arith.mulf %l_, %r_ : f32
        pattern.yield %p_ : f32
      }
      pattern.yield %s_ : f32
    }
    %res_out5 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %v_ = pattern.read %res5[%t, %c] : tensor<24x8xf32>
      pattern.yield %v_ : f32
    }
    %skipW5 = pattern.parameter "skipW5" : tensor<8x8xf32>
    %skipT5 = pattern.map (%k in 8, %c in 8) -> tensor<8x8xf32> {
      %v_ = pattern.read %skipW5[%c, %k] : tensor<8x8xf32>
      pattern.yield %v_ : f32
    }
    %skip5 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %s_ = pattern.reduce add (%k in 8) : f32 {
        %l_ = pattern.read %active5[%t, %k] : tensor<24x8xf32>
        %r_ = pattern.read %skipT5[%k, %c] : tensor<8x8xf32>
        %p_ = arith.mulf %l_, %r_ : f32
        pattern.yield %p_ : f32
      }
      pattern.yield %s_ : f32
    }
    %skip_out5 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %v_ = pattern.read %skip5[%t, %c] : tensor<24x8xf32>
      pattern.yield %v_ : f32
    }
    %x5 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %r_ = pattern.read %res_out5[%t, %c] : tensor<24x8xf32>
      %x_ = pattern.read %x4[%t, %c] : tensor<24x8xf32>
      %v_1 = arith.addf %r_, %x_ : f32
      pattern.yield %v_1 : f32
    }
    %s5 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %s_ = pattern.read %s4[%t, %c] : tensor<24x8xf32>
      %o_ = pattern.read %skip_out5[%t, %c] : tensor<24x8xf32>
      %v_1 = arith.addf %s_, %o_ : f32
      pattern.yield %v_1 : f32
    }
    %in6 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %x5[%t, %c] : tensor<24x8xf32>
      pattern.yield %v_ : f32
    }
    %pad6 = pattern.map (%c in 8, %t in 28) -> tensor<8x28xf32> {
      %v_ = pattern.read %in6[%c, %t - 4] zero_outside : tensor<8x24xf32>
      pattern.yield %v_ : f32
    }
    %past6 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %pad6[%c, %t] : tensor<8x28xf32>
      pattern.yield %v_ : f32
    }
    %now6 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %pad6[%c, %t + 4] : tensor<8x28xf32>
      pattern.yield %v_ : f32
    }
    %taps6 = pattern.map (%c in 16, %t in 24) -> tensor<16x24xf32> {
      %p_0 = pattern.read %past6[%c, %t] zero_outside : tensor<8x24xf32>
      %p_1 = pattern.read %now6[%c - 8, %t] zero_outside : tensor<8x24xf32>
      %s_1 = arith.addf %p_0, %p_1 : f32
      pattern.yield %s_1 : f32
    }
    %rows6 = pattern.map (%t in 24, %k in 16) -> tensor<24x16xf32> {
      %v_ = pattern.read %taps6[%k, %t] : tensor<16x24xf32>
      pattern.yield %v_ : f32
    }
    %W6 = pattern.parameter "W6" : tensor<16x8x2xf32>
    %flat6 = pattern.map (%n in 16, %k in 16) -> tensor<16x16xf32> {
      %v_ = pattern.read %W6[%n, %k mod 8, %k floordiv 8] : tensor<16x8x2xf32>
      pattern.yield %v_ : f32
    }
    %turned6 = pattern.map (%k in 16, %n in 16) -> tensor<16x16xf32> {
      %v_ = pattern.read %flat6[%n, %k] : tensor<16x16xf32>
      pattern.yield %v_ : f32
    }
    %z6 = pattern.map (%t in 24, %n in 16) -> tensor<24x16xf32> {
      %s_ = pattern.reduce add (%k in 16) : f32 {
        %l_ = pattern.read %rows6[%t, %k] : tensor<24x16xf32>
        %r_ = pattern.read %turned6[%k, %n] : tensor<16x16xf32>
        %p_ = arith.mulf %l_, %r_ : f32
        pattern.yield %p_ : f32
      }
      pattern.yield %s_ : f32
    }
    %out6 = pattern.map (%c in 16, %t in 24) -> tensor<16x24xf32> {
      %v_ = pattern.read %z6[%t, %c] : tensor<24x16xf32>
      pattern.yield %v_ : f32
    }
    %filter6 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %out6[%c, %t] : tensor<16x24xf32>
      pattern.yield %v_ : f32
    }
    %filterT6 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %v_ = pattern.read %filter6[%c, %t] : tensor<8x24xf32>
      pattern.yield %v_ : f32
    }
    %gate6 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %out6[%c + 8, %t] : tensor<16x24xf32>
      pattern.yield %v_ : f32
    }
    %gateT6 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %v_ = pattern.read %gate6[%c, %t] : tensor<8x24xf32>
      pattern.yield %v_ : f32
    }
    %active6 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %filter_ = pattern.read %filterT6[%t, %c] : tensor<24x8xf32>
      %gate_ = pattern.read %gateT6[%t, %c] : tensor<24x8xf32>
      %a_1 = pattern.activate tanh %filter_ : f32
      %a_2 = pattern.activate sigmoid %gate_ : f32
      %v_3 = arith.mulf %a_1, %a_2 : f32
      pattern.yield %v_3 : f32
    }
    %resW6 = pattern.parameter "resW6" : tensor<8x8xf32>
    %resT6 = pattern.map (%k in 8, %c in 8) -> tensor<8x8xf32> {
      %v_ = pattern.read %resW6[%c, %k] : tensor<8x8xf32>
      pattern.yield %v_ : f32
    }
    %res6 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %s_ = pattern.reduce add (%k in 8) : f32 {
        %l_ = pattern.read %active6[%t, %k] : tensor<24x8xf32>
        %r_ = pattern.read %resT6[%k, %c] : tensor<8x8xf32>
        %p_ = arith.mulf %l_, %r_ : f32
        pattern.yield %p_ : f32
      }
      pattern.yield %s_ : f32
    }
    %res_out6 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %v_ = pattern.read %res6[%t, %c] : tensor<24x8xf32>
      pattern.yield %v_ : f32
    }
    %skipW6 = pattern.parameter "skipW6" : tensor<8x8xf32>
    %skipT6 = pattern.map (%k in 8, %c in 8) -> tensor<8x8xf32> {
      %v_ = pattern.read %skipW6[%c, %k] : tensor<8x8xf32>
      pattern.yield %v_ : f32
    }
    %skip6 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %s_ = pattern.reduce add (%k in 8) : f32 {
        %l_ = pattern.read %active6[%t, %k] : tensor<24x8xf32>
        %r_ = pattern.read %skipT6[%k, %c] : tensor<8x8xf32>
        %p_ = arith.mulf %l_, %r_ : f32
        pattern.yield %p_ : f32
      }
      pattern.yield %s_ : f32
    }
    %skip_out6 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %v_ = pattern.read %skip6[%t, %c] : tensor<24x8xf32>
      pattern.yield %v_ : f32
    }
    %x6 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %r_ = pattern.read %res_out6[%t, %c] : tensor<24x8xf32>
      %x_ = pattern.read %x5[%t, %c] : tensor<24x8xf32>
      %v_1 = arith.addf %r_, %x_ : f32
      pattern.yield %v_1 : f32
    }
    %s6 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %s_ = pattern.read %s5[%t, %c] : tensor<24x8xf32>
      %o_ = pattern.read %skip_out6[%t, %c] : tensor<24x8xf32>
      %v_1 = arith.addf %s_, %o_ : f32
      pattern.yield %v_1 : f32
    }
    %in7 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %x6[%t, %c] : tensor<24x8xf32>
      pattern.yield %v_ : f32
    }
    %pad7 = pattern.map (%c in 8, %t in 32) -> tensor<8x32xf32> {
      %v_ = pattern.read %in7[%c, %t - 8] zero_outside : tensor<8x24xf32>
      pattern.yield %v_ : f32
    }
    %past7 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %pad7[%c, %t] : tensor<8x32xf32>
      pattern.yield %v_ : f32
    }
    %now7 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %pad7[%c, %t + 8] : tensor<8x32xf32>
      pattern.yield %v_ : f32
    }
    %taps7 = pattern.map (%c in 16, %t in 24) -> tensor<16x24xf32> {
      %p_0 = pattern.read %past7[%c, %t] zero_outside : tensor<8x24xf32>
      %p_1 = pattern.read %now7[%c - 8, %t] zero_outside : tensor<8x24xf32>
      %s_1 = arith.addf %p_0, %p_1 : f32
      pattern.yield %s_1 : f32
    }
    %rows7 = pattern.map (%t in 24, %k in 16) -> tensor<24x16xf32> {
      %v_ = pattern.read %taps7[%k, %t] : tensor<16x24xf32>
      pattern.yield %v_ : f32
    }
    %W7 = pattern.parameter "W7" : tensor<16x8x2xf32>
    %flat7 = pattern.map (%n in 16, %k in 16) -> tensor<16x16xf32> {
      %v_ = pattern.read %W7[%n, %k mod 8, %k floordiv 8] : tensor<16x8x2xf32>
      pattern.yield %v_ : f32
    }
    %turned7 = pattern.map (%k in 16, %n in 16) -> tensor<16x16xf32> {
      %v_ = pattern.read %flat7[%n, %k] : tensor<16x16xf32>
      pattern.yield %v_ : f32
    }
    %z7 = pattern.map (%t in 24, %n in 16) -> tensor<24x16xf32> {
      %s_ = pattern.reduce add (%k in 16) : f32 {
        %l_ = pattern.read %rows7[%t, %k] : tensor<24x16xf32>
        %r_ = pattern.read %turned7[%k, %n] : tensor<16x16xf32>
        %p_ = arith.mulf %l_, %r_ : f32
        pattern.yield %p_ : f32
      }
      pattern.yield %s_ : f32
    }
    %out7 = pattern.map (%c in 16, %t in 24) -> tensor<16x24xf32> {
      %v_ = pattern.read %z7[%t, %c] : tensor<24x16xf32>
      pattern.yield %v_ : f32
    }
    %filter7 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %out7[%c, %t] : tensor<16x24xf32>
      pattern.yield %v_ : f32
    }
    %filterT7 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %v_ = pattern.read %filter7[%c, %t] : tensor<8x24xf32>
      pattern.yield %v_ : f32
    }
    %gate7 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %out7[%c + 8, %t] : tensor<16x24xf32>
      pattern.yield %v_ : f32
    }
    %gateT7 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %v_ = pattern.read %gate7[%c, %t] : tensor<8x24xf32>
      pattern.yield %v_ : f32
    }
    %active7 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %filter_ = pattern.read %filterT7[%t, %c] : tensor<24x8xf32>
      %gate_ = pattern.read %gateT7[%t, %c] : tensor<24x8xf32>
      %a_1 = pattern.activate tanh %filter_ : f32
      %a_2 = pattern.activate sigmoid %gate_ : f32
      %v_3 = arith.mulf %a_1, %a_2 : f32
      pattern.yield %v_3 : f32
    }
    %resW7 = pattern.parameter "resW7" : tensor<8x8xf32>
    %resT7 = pattern.map (%k in 8, %c in 8) -> tensor<8x8xf32> {
      %v_ = pattern.read %resW7[%c, %k] : tensor<8x8xf32>
      pattern.yield %v_ : f32
    }
    %res7 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %s_ = pattern.reduce add (%k in 8) : f32 {
        %l_ = pattern.read %active7[%t, %k] : tensor<24x8xf32>
        %r_ = pattern.read %resT7[%k, %c] : tensor<8x8xf32>
        %p_ = arith.mulf %l_, %r_ : f32
        pattern.yield %p_ : f32
      }
      pattern.yield %s_ : f32
    }
    %res_out7 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %v_ = pattern.read %res7[%t, %c] : tensor<24x8xf32>
      pattern.yield %v_ : f32
    }
    %skipW7 = pattern.parameter "skipW7" : tensor<8x8xf32>
    %skipT7 = pattern.map (%k in 8, %c in 8) -> tensor<8x8xf32> {
      %v_ = pattern.read %skipW7[%c, %k] : tensor<8x8xf32>
      pattern.yield %v_ : f32
    }
    %skip7 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %s_ = pattern.reduce add (%k in 8) : f32 {
        %l_ = pattern.read %active7[%t, %k] : tensor<24x8xf32>
        %r_ = pattern.read %skipT7[%k, %c] : tensor<8x8xf32>
        %p_ = arith.mulf %l_, %r_ : f32
        pattern.yield %p_ : f32
      }
      pattern.yield %s_ : f32
    }
    %skip_out7 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %v_ = pattern.read %skip7[%t, %c] : tensor<24x8xf32>
      pattern.yield %v_ : f32
    }
    %x7 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %r_ = pattern.read %res_out7[%t, %c] : tensor<24x8xf32>
      %x_ = pattern.read %x6[%t, %c] : tensor<24x8xf32>
      %v_1 = arith.addf %r_, %x_ : f32
      pattern.yield %v_1 : f32
    }
    %s7 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %s_ = pattern.read %s6[%t, %c] : tensor<24x8xf32>
      %o_ = pattern.read %skip_out7[%t, %c] : tensor<24x8xf32>
      %v_1 = arith.addf %s_, %o_ : f32
      pattern.yield %v_1 : f32
    }
    %in8 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %x7[%t, %c] : tensor<24x8xf32>
      pattern.yield %v_ : f32
    }
    %pad8 = pattern.map (%c in 8, %t in 25) -> tensor<8x25xf32> {
      %v_ = pattern.read %in8[%c, %t - 1] zero_outside : tensor<8x24xf32>
      pattern.yield %v_ : f32
    }
    %past8 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %pad8[%c, %t] : tensor<8x25xf32>
      pattern.yield %v_ : f32
    }
    %now8 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %pad8[%c, %t + 1] : tensor<8x25xf32>
      pattern.yield %v_ : f32
    }
    %taps8 = pattern.map (%c in 16, %t in 24) -> tensor<16x24xf32> {
      %p_0 = pattern.read %past8[%c, %t] zero_outside : tensor<8x24xf32>
      %p_1 = pattern.read %now8[%c - 8, %t] zero_outside : tensor<8x24xf32>
      %s_1 = arith.addf %p_0, %p_1 : f32
      pattern.yield %s_1 : f32
    }
    %rows8 = pattern.map (%t in 24, %k in 16) -> tensor<24x16xf32> {
      %v_ = pattern.read %taps8[%k, %t] : tensor<16x24xf32>
      pattern.yield %v_ : f32
    }
    %W8 = pattern.parameter "W8" : tensor<16x8x2xf32>
    %flat8 = pattern.map (%n in 16, %k in 16) -> tensor<16x16xf32> {
      %v_ = pattern.read %W8[%n, %k mod 8, %k floordiv 8] : tensor<16x8x2xf32>
      pattern.yield %v_ : f32
    }
    %turned8 = pattern.map (%k in 16, %n in 16) -> tensor<16x16xf32> {
      %v_ = pattern.read %flat8[%n, %k] : tensor<16x16xf32>
      pattern.yield %v_ : f32
    }
    %z8 = pattern.map (%t in 24, %n in 16) -> tensor<24x16xf32> {
      %s_ = pattern.reduce add (%k in 16) : f32 {
        %l_ = pattern.read %rows8[%t, %k] : tensor<24x16xf32>
        %r_ = pattern.read %turned8[%k, %n] : tensor<16x16xf32>
        %p_ = arith.mulf %l_, %r_ : f32
        pattern.yield %p_ : f32
      }
      pattern.yield %s_ : f32
    }
    %out8 = pattern.map (%c in 16, %t in 24) -> tensor<16x24xf32> {
      %v_ = pattern.read %z8[%t, %c] : tensor<24x16xf32>
      pattern.yield %v_ : f32
    }
    %filter8 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %out8[%c, %t] : tensor<16x24xf32>
      pattern.yield %v_ : f32
    }
    %filterT8 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %v_ = pattern.read %filter8[%c, %t] : tensor<8x24xf32>
      pattern.yield %v_ : f32
    }
    %gate8 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %out8[%c + 8, %t] : tensor<16x24xf32>
      pattern.yield %v_ : f32
    }
    %gateT8 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %v_ = pattern.read %gate8[%c, %t] : tensor<8x24xf32>
      pattern.yield %v_ : f32
    }
    %active8 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %filter_ = pattern.read %filterT8[%t, %c] : tensor<24x8xf32>
      %gate_ = pattern.read %gateT8[%t, %c] : tensor<24x8xf32>
      %a_1 = pattern.activate tanh %filter_ : f32
      %a_2 = pattern.activate sigmoid %gate_ : f32
      %v_3 = arith.mulf %a_1, %a_2 : f32
      pattern.yield %v_3 : f32
    }
    %resW8 = pattern.parameter "resW8" : tensor<8x8xf32>
    %resT8 = pattern.map (%k in 8, %c in 8) -> tensor<8x8xf32> {
      %v_ = pattern.read %resW8[%c, %k] : tensor<8x8xf32>
      pattern.yield %v_ : f32
    }
    %res8 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %s_ = pattern.reduce add (%k in 8) : f32 {
        %l_ = pattern.read %active8[%t, %k] : tensor<24x8xf32>
        %r_ = pattern.read %resT8[%k, %c] : tensor<8x8xf32>
        %p_ = arith.mulf %l_, %r_ : f32
        pattern.yield %p_ : f32
      }
      pattern.yield %s_ : f32
    }
    %res_out8 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %v_ = pattern.read %res8[%t, %c] : tensor<24x8xf32>
      pattern.yield %v_ : f32
    }
    %skipW8 = pattern.parameter "skipW8" : tensor<8x8xf32>
    %skipT8 = pattern.map (%k in 8, %c in 8) -> tensor<8x8xf32> {
      %v_ = pattern.read %skipW8[%c, %k] : tensor<8x8xf32>
      pattern.yield %v_ : f32
    }
    %skip8 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %s_ = pattern.reduce add (%k in 8) : f32 {
        %l_ = pattern.read %active8[%t, %k] : tensor<24x8xf32>
        %r_ = pattern.read %skipT8[%k, %c] : tensor<8x8xf32>
        %p_ = arith.mulf %l_, %r_ : f32
        pattern.yield %p_ : f32
      }
      pattern.yield %s_ : f32
    }
    %skip_out8 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %v_ = pattern.read %skip8[%t, %c] : tensor<24x8xf32>
      pattern.yield %v_ : f32
    }
    %x8 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %r_ = pattern.read %res_out8[%t, %c] : tensor<24x8xf32>
      %x_ = pattern.read %x7[%t, %c] : tensor<24x8xf32>
      %v_1 = arith.addf %r_, %x_ : f32
      pattern.yield %v_1 : f32
    }
    %s8 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %s_ = pattern.read %s7[%t, %c] : tensor<24x8xf32>
      %o_ = pattern.read %skip_out8[%t, %c] : tensor<24x8xf32>
      %v_1 = arith.addf %s_, %o_ : f32
      pattern.yield %v_1 : f32
    }
    %in9 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %x8[%t, %c] : tensor<24x8xf32>
      pattern.yield %v_ : f32
    }
    %pad9 = pattern.map (%c in 8, %t in 26) -> tensor<8x26xf32> {
      %v_ = pattern.read %in9[%c, %t - 2] zero_outside : tensor<8x24xf32>
      pattern.yield %v_ : f32
    }
    %past9 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %pad9[%c, %t] : tensor<8x26xf32>
      pattern.yield %v_ : f32
    }
    %now9 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %pad9[%c, %t + 2] : tensor<8x26xf32>
      pattern.yield %v_ : f32
    }
    %taps9 = pattern.map (%c in 16, %t in 24) -> tensor<16x24xf32> {
      %p_0 = pattern.read %past9[%c, %t] zero_outside : tensor<8x24xf32>
      %p_1 = pattern.read %now9[%c - 8, %t] zero_outside : tensor<8x24xf32>
      %s_1 = arith.addf %p_0, %p_1 : f32
      pattern.yield %s_1 : f32
    }
    %rows9 = pattern.map (%t in 24, %k in 16) -> tensor<24x16xf32> {
      %v_ = pattern.read %taps9[%k, %t] : tensor<16x24xf32>
      pattern.yield %v_ : f32
    }
    %W9 = pattern.parameter "W9" : tensor<16x8x2xf32>
    %flat9 = pattern.map (%n in 16, %k in 16) -> tensor<16x16xf32> {
      %v_ = pattern.read %W9[%n, %k mod 8, %k floordiv 8] : tensor<16x8x2xf32>
      pattern.yield %v_ : f32
    }
    %turned9 = pattern.map (%k in 16, %n in 16) -> tensor<16x16xf32> {
      %v_ = pattern.read %flat9[%n, %k] : tensor<16x16xf32>
      pattern.yield %v_ : f32
    }
    %z9 = pattern.map (%t in 24, %n in 16) -> tensor<24x16xf32> {
      %s_ = pattern.reduce add (%k in 16) : f32 {
        %l_ = pattern.read %rows9[%t, %k] : tensor<24x16xf32>
        %r_ = pattern.read %turned9[%k, %n] : tensor<16x16xf32>
        %p_ = arith.mulf %l_, %r_ : f32
        pattern.yield %p_ : f32
      }
      pattern.yield %s_ : f32
    }
    %out9 = pattern.map (%c in 16, %t in 24) -> tensor<16x24xf32> {
      %v_ = pattern.read %z9[%t, %c] : tensor<24x16xf32>
      pattern.yield %v_ : f32
    }
    %filter9 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %out9[%c, %t] : tensor<16x24xf32>
      pattern.yield %v_ : f32
    }
    %filterT9 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %v_ = pattern.read %filter9[%c, %t] : tensor<8x24xf32>
      pattern.yield %v_ : f32
    }
    %gate9 = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %out9[%c + 8, %t] : tensor<16x24xf32>
      pattern.yield %v_ : f32
    }
    %gateT9 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %v_ = pattern.read %gate9[%c, %t] : tensor<8x24xf32>
      pattern.yield %v_ : f32
    }
    %active9 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %filter_ = pattern.read %filterT9[%t, %c] : tensor<24x8xf32>
      %gate_ = pattern.read %gateT9[%t, %c] : tensor<24x8xf32>
      %a_1 = pattern.activate tanh %filter_ : f32
      %a_2 = pattern.activate sigmoid %gate_ : f32
      %v_3 = arith.mulf %a_1, %a_2 : f32
      pattern.yield %v_3 : f32
    }
    %resW9 = pattern.parameter "resW9" : tensor<8x8xf32>
    %resT9 = pattern.map (%k in 8, %c in 8) -> tensor<8x8xf32> {
      %v_ = pattern.read %resW9[%c, %k] : tensor<8x8xf32>
      pattern.yield %v_ : f32
    }
    %res9 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %s_ = pattern.reduce add (%k in 8) : f32 {
        %l_ = pattern.read %active9[%t, %k] : tensor<24x8xf32>
        %r_ = pattern.read %resT9[%k, %c] : tensor<8x8xf32>
        %p_ = arith.mulf %l_, %r_ : f32
        pattern.yield %p_ : f32
      }
      pattern.yield %s_ : f32
    }
    %res_out9 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %v_ = pattern.read %res9[%t, %c] : tensor<24x8xf32>
      pattern.yield %v_ : f32
    }
    %skipW9 = pattern.parameter "skipW9" : tensor<8x8xf32>
    %skipT9 = pattern.map (%k in 8, %c in 8) -> tensor<8x8xf32> {
      %v_ = pattern.read %skipW9[%c, %k] : tensor<8x8xf32>
      pattern.yield %v_ : f32
    }
    %skip9 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %s_ = pattern.reduce add (%k in 8) : f32 {
        %l_ = pattern.read %active9[%t, %k] : tensor<24x8xf32>
        %r_ = pattern.read %skipT9[%k, %c] : tensor<8x8xf32>
        %p_ = arith.mulf %l_, %r_ : f32
        pattern.yield %p_ : f32
      }
      pattern.yield %s_ : f32
    }
    %skip_out9 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %v_ = pattern.read %skip9[%t, %c] : tensor<24x8xf32>
      pattern.yield %v_ : f32
    }
    %x9 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %r_ = pattern.read %res_out9[%t, %c] : tensor<24x8xf32>
      %x_ = pattern.read %x8[%t, %c] : tensor<24x8xf32>
      %v_1 = arith.addf %r_, %x_ : f32
      pattern.yield %v_1 : f32
    }
    %s9 = pattern.map (%t in 24, %c in 8) -> tensor<24x8xf32> {
      %s_ = pattern.read %s8[%t, %c] : tensor<24x8xf32>
      %o_ = pattern.read %skip_out9[%t, %c] : tensor<24x8xf32>
      %v_1 = arith.addf %s_, %o_ : f32
      pattern.yield %v_1 : f32
    }
    %y = pattern.map (%c in 8, %t in 24) -> tensor<8x24xf32> {
      %v_ = pattern.read %s9[%t, %c] : tensor<24x8xf32>
      pattern.yield %v_ : f32
    }
    func.return %y : tensor<8x24xf32>
  }
}
