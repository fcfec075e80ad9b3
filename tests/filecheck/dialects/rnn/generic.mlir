// RUN: spatial-opt %s --print-op-generic | filecheck %s
// RUN: spatial-opt %s --print-op-generic | spatial-opt --print-op-generic | filecheck %s
// RUN: spatial-opt %s --print-op-generic | spatial-opt | filecheck %s --check-prefix CUSTOM

func.func @main(%x : tensor<8x1x3xf32>, %w : tensor<1x16x3xf32>, %r : tensor<1x16x4xf32>,
                %p : tensor<1x12xf32>) {
  // CHECK: %y, %yh, %yc = "rnn.lstm"(%x, %w, %r, %p) <{
  // CHECK-SAME: hidden_size = 4 : i64
  // CHECK-SAME: activations = ["relu", "tanh", "leakyrelu"]
  // CHECK-SAME: activation_alpha = array<f32: 5.000000e-01>
  // CHECK-SAME: clip = 3.000000e+00 : f32
  // CHECK-SAME: format = #rnn.format<mixed8, weight 4.0>
  // CHECK-SAME: input_forget
  // CHECK-SAME: operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0, 1>
  // CUSTOM: rnn.lstm %x, %w, %r peepholes %p hidden 4 activations [relu, tanh, leakyrelu] alpha [0.5] clip 3.0 format <mixed8, weight 4.0> input_forget :
  %y, %yh, %yc = rnn.lstm %x, %w, %r peepholes %p hidden 4 activations [relu, tanh, leakyrelu] alpha [0.5] clip 3.0 format <mixed8, weight 4.0> input_forget : (tensor<8x1x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>, tensor<1x12xf32>) -> (tensor<8x1x1x4xf32>, tensor<1x1x4xf32>, tensor<1x1x4xf32>)
  // Properties with a default may be left out of the generic form.
  // CHECK: "rnn.lstm"
  // CUSTOM: rnn.lstm %x, %w, %r hidden 4 :
  %z, %zh, %zc = "rnn.lstm"(%x, %w, %r) <{hidden_size = 4 : i64, operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0, 0>}> : (tensor<8x1x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> (tensor<8x1x1x4xf32>, tensor<1x1x4xf32>, tensor<1x1x4xf32>)
  func.return
}
