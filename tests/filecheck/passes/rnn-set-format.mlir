// RUN: spatial-opt %s -p "rnn-set-format" | filecheck %s --check-prefix MIXED8
// RUN: spatial-opt %s -p "rnn-set-format{format=f32}" | filecheck %s --check-prefix F32
// RUN: spatial-opt %s -p "rnn-set-format{format=bf16}" | filecheck %s --check-prefix BF16
// RUN: spatial-opt %s -p "rnn-set-format{format=int8 weight-scale=64 state-scale=100.5}" | filecheck %s --check-prefix INT8
// RUN: spatial-opt %s -p "rnn-set-format{format=int8},rnn-set-format" | filecheck %s --check-prefix AGAIN
// RUN: not spatial-opt %s -p "rnn-set-format{format=f32 input-scale=2.0}" 2>&1 | filecheck %s --check-prefix SCALE
// RUN: not spatial-opt %s -p "rnn-set-format{weight-scale=-1.0}" 2>&1 | filecheck %s --check-prefix NEGATIVE
// RUN: not spatial-opt %s -p "rnn-set-format{format=int4}" 2>&1 | filecheck %s --check-prefix FORMAT

func.func @main(%x : tensor<8x1x3xf32>, %w : tensor<1x4x3xf32>, %r : tensor<1x4x4xf32>,
                %m : tensor<2x4xf32>) -> tensor<1x2xf32> {
  // MIXED8: rnn.rnn {{.*}} format <mixed8, input 16.0, weight 16.0, recurrent 16.0, state 16.0>
  // F32: rnn.rnn {{.*}} format <f32> :
  // BF16: rnn.rnn {{.*}} format <bf16> :
  // INT8: rnn.rnn {{.*}} format <int8, input 127.0, weight 64.0, recurrent 127.0, state 100.5>
  // AGAIN: rnn.rnn {{.*}} format <int8, input 127.0, weight 127.0, recurrent 127.0, state 127.0>
  %y, %yh = rnn.rnn %x, %w, %r hidden 4 : (tensor<8x1x3xf32>, tensor<1x4x3xf32>, tensor<1x4x4xf32>) -> (tensor<8x1x1x4xf32>, tensor<1x1x4xf32>)
  // An operation's own format stays.
  // MIXED8: rnn.linear %yh, %m format <bf16> :
  // INT8: rnn.linear %yh, %m format <bf16> :
  %z = rnn.linear %yh, %m format <bf16> : (tensor<1x1x4xf32>, tensor<2x4xf32>) -> tensor<1x2xf32>
  func.return %z : tensor<1x2xf32>
}

// SCALE: format f32 stores values as they are, got input scale 2.0
// NEGATIVE: the weight scale must be positive and finite, got -1.0
// FORMAT: format
