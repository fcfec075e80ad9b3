// RUN: spatial-opt %s --split-input-file --verify-diagnostics --parsing-diagnostics | filecheck %s

// CHECK: X must be a static f32 tensor of rank 3, or the rank-4 Y of another layer, got 8x3xf32
func.func @f(%x : tensor<8x3xf32>, %w : tensor<1x16x3xf32>, %r : tensor<1x16x4xf32>) {
  %y, %yh, %yc = rnn.lstm %x, %w, %r hidden 4 : (tensor<8x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> (tensor<8x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  func.return
}

// -----

// CHECK: X must be a static f32 tensor of rank 3, or the rank-4 Y of another layer, got 8x2x3xf16
func.func @f(%x : tensor<8x2x3xf16>, %w : tensor<1x16x3xf32>, %r : tensor<1x16x4xf32>) {
  %y, %yh, %yc = rnn.lstm %x, %w, %r hidden 4 : (tensor<8x2x3xf16>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> (tensor<8x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  func.return
}

// -----

// CHECK: W must be directions x 4 * hidden_size x input size = 1x16x3xf32, got 1x12x3xf32
func.func @f(%x : tensor<8x2x3xf32>, %w : tensor<1x12x3xf32>, %r : tensor<1x16x4xf32>) {
  %y, %yh, %yc = rnn.lstm %x, %w, %r hidden 4 : (tensor<8x2x3xf32>, tensor<1x12x3xf32>, tensor<1x16x4xf32>) -> (tensor<8x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  func.return
}

// -----

// CHECK: R must be directions x 4 * hidden_size x hidden_size = 1x16x4xf32, got 1x16x3xf32
func.func @f(%x : tensor<8x2x3xf32>, %w : tensor<1x16x3xf32>, %r : tensor<1x16x3xf32>) {
  %y, %yh, %yc = rnn.lstm %x, %w, %r hidden 4 : (tensor<8x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x3xf32>) -> (tensor<8x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  func.return
}

// -----

// CHECK: bias must be directions x 8 * hidden_size = 1x32xf32, got 1x16xf32
func.func @f(%x : tensor<8x2x3xf32>, %w : tensor<1x16x3xf32>, %r : tensor<1x16x4xf32>, %e : tensor<1x16xf32>) {
  %y, %yh, %yc = rnn.lstm %x, %w, %r bias %e hidden 4 : (tensor<8x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>, tensor<1x16xf32>) -> (tensor<8x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  func.return
}

// -----

// CHECK: sequence_lens must be batch = 2xi32, got 8xi32
func.func @f(%x : tensor<8x2x3xf32>, %w : tensor<1x16x3xf32>, %r : tensor<1x16x4xf32>, %e : tensor<8xi32>) {
  %y, %yh, %yc = rnn.lstm %x, %w, %r sequence_lens %e hidden 4 : (tensor<8x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>, tensor<8xi32>) -> (tensor<8x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  func.return
}

// -----

// CHECK: initial_h must be directions x batch x hidden_size = 1x2x4xf32, got 2x1x4xf32
func.func @f(%x : tensor<8x2x3xf32>, %w : tensor<1x16x3xf32>, %r : tensor<1x16x4xf32>, %e : tensor<2x1x4xf32>) {
  %y, %yh, %yc = rnn.lstm %x, %w, %r initial_h %e hidden 4 : (tensor<8x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>, tensor<2x1x4xf32>) -> (tensor<8x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  func.return
}

// -----

// CHECK: initial_c must be directions x batch x hidden_size = 1x2x4xf32, got 2x1x4xf32
func.func @f(%x : tensor<8x2x3xf32>, %w : tensor<1x16x3xf32>, %r : tensor<1x16x4xf32>, %e : tensor<2x1x4xf32>) {
  %y, %yh, %yc = rnn.lstm %x, %w, %r initial_c %e hidden 4 : (tensor<8x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>, tensor<2x1x4xf32>) -> (tensor<8x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  func.return
}

// -----

// CHECK: peepholes must be directions x 3 * hidden_size = 1x12xf32, got 1x16xf32
func.func @f(%x : tensor<8x2x3xf32>, %w : tensor<1x16x3xf32>, %r : tensor<1x16x4xf32>, %e : tensor<1x16xf32>) {
  %y, %yh, %yc = rnn.lstm %x, %w, %r peepholes %e hidden 4 : (tensor<8x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>, tensor<1x16xf32>) -> (tensor<8x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  func.return
}

// -----

// CHECK: Y must be time x directions x batch x hidden_size = 8x1x2x4xf32, got 8x2x1x4xf32
func.func @f(%x : tensor<8x2x3xf32>, %w : tensor<1x16x3xf32>, %r : tensor<1x16x4xf32>) {
  %y, %yh, %yc = rnn.lstm %x, %w, %r hidden 4 : (tensor<8x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> (tensor<8x2x1x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  func.return
}

// -----

// CHECK: Y_h must be directions x batch x hidden_size = 1x2x4xf32, got 2x1x4xf32
func.func @f(%x : tensor<8x2x3xf32>, %w : tensor<1x16x3xf32>, %r : tensor<1x16x4xf32>) {
  %y, %yh, %yc = rnn.lstm %x, %w, %r hidden 4 : (tensor<8x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> (tensor<8x1x2x4xf32>, tensor<2x1x4xf32>, tensor<1x2x4xf32>)
  func.return
}

// -----

// CHECK: Y_c must be directions x batch x hidden_size = 1x2x4xf32, got 2x1x4xf32
func.func @f(%x : tensor<8x2x3xf32>, %w : tensor<1x16x3xf32>, %r : tensor<1x16x4xf32>) {
  %y, %yh, %yc = rnn.lstm %x, %w, %r hidden 4 : (tensor<8x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> (tensor<8x1x2x4xf32>, tensor<1x2x4xf32>, tensor<2x1x4xf32>)
  func.return
}

// -----

// CHECK: Y must be batch x time x directions x hidden_size = 8x2x1x4xf32, got 8x1x2x4xf32
func.func @f(%x : tensor<8x2x3xf32>, %w : tensor<1x16x3xf32>, %r : tensor<1x16x4xf32>) {
  %y, %yh, %yc = rnn.lstm %x, %w, %r hidden 4 layout 1 : (tensor<8x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> (tensor<8x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  func.return
}

// -----

// CHECK: layout must be 0 or 1, got 2
func.func @f(%x : tensor<8x2x3xf32>, %w : tensor<1x16x3xf32>, %r : tensor<1x16x4xf32>) {
  %y, %yh, %yc = rnn.lstm %x, %w, %r hidden 4 layout 2 : (tensor<8x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> (tensor<8x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  func.return
}

// -----

// CHECK: hidden_size must be at least 1, got 0
func.func @f(%x : tensor<8x2x3xf32>, %w : tensor<1x16x3xf32>, %r : tensor<1x16x4xf32>) {
  %y, %yh, %yc = rnn.lstm %x, %w, %r hidden 0 : (tensor<8x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> (tensor<8x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  func.return
}

// -----

// CHECK: clip must be positive and finite, got 0.0
func.func @f(%x : tensor<8x2x3xf32>, %w : tensor<1x16x3xf32>, %r : tensor<1x16x4xf32>) {
  %y, %yh, %yc = rnn.lstm %x, %w, %r hidden 4 clip 0.0 : (tensor<8x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> (tensor<8x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  func.return
}

// -----

// CHECK: rnn.lstm needs 3 activations for each of its 1 directions, got 2
func.func @f(%x : tensor<8x2x3xf32>, %w : tensor<1x16x3xf32>, %r : tensor<1x16x4xf32>) {
  %y, %yh, %yc = rnn.lstm %x, %w, %r hidden 4 activations [tanh, relu] : (tensor<8x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> (tensor<8x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  func.return
}

// -----

// CHECK: 1 of the activations sigmoid, tanh, elu take alpha, got 2 values
func.func @f(%x : tensor<8x2x3xf32>, %w : tensor<1x16x3xf32>, %r : tensor<1x16x4xf32>) {
  %y, %yh, %yc = rnn.lstm %x, %w, %r hidden 4 activations [sigmoid, tanh, elu] alpha [1.0, 2.0] : (tensor<8x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> (tensor<8x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  func.return
}

// -----

// CHECK: 0 of the activations sigmoid, tanh, tanh take beta, got 1 values
func.func @f(%x : tensor<8x2x3xf32>, %w : tensor<1x16x3xf32>, %r : tensor<1x16x4xf32>) {
  %y, %yh, %yc = rnn.lstm %x, %w, %r hidden 4 beta [1.0] : (tensor<8x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> (tensor<8x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  func.return
}

// -----

// CHECK: Expected one of 'bidirectional', 'forward', 'reverse'
func.func @f(%x : tensor<8x2x3xf32>, %w : tensor<1x16x3xf32>, %r : tensor<1x16x4xf32>) {
  %y, %yh, %yc = rnn.lstm %x, %w, %r hidden 4 direction sideways : (tensor<8x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> (tensor<8x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  func.return
}

// -----

// CHECK: Expected one of 'affine', 'elu',
func.func @f(%x : tensor<8x2x3xf32>, %w : tensor<1x16x3xf32>, %r : tensor<1x16x4xf32>) {
  %y, %yh, %yc = rnn.lstm %x, %w, %r hidden 4 activations [swish] : (tensor<8x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> (tensor<8x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  func.return
}

// -----

// CHECK: 'hidden' is given twice
func.func @f(%x : tensor<8x2x3xf32>, %w : tensor<1x16x3xf32>, %r : tensor<1x16x4xf32>) {
  %y, %yh, %yc = rnn.lstm %x, %w, %r hidden 4 hidden 4 : (tensor<8x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> (tensor<8x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  func.return
}

// -----

// CHECK: expected 'hidden' and the number of hidden units
func.func @f(%x : tensor<8x2x3xf32>, %w : tensor<1x16x3xf32>, %r : tensor<1x16x4xf32>) {
  %y, %yh, %yc = rnn.lstm %x, %w, %r clip 3.0 : (tensor<8x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> (tensor<8x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  func.return
}

// -----

// CHECK: rnn.lstm has 3 results, got 2
func.func @f(%x : tensor<8x2x3xf32>, %w : tensor<1x16x3xf32>, %r : tensor<1x16x4xf32>) {
  %y, %yh, %yc = rnn.lstm %x, %w, %r hidden 4 : (tensor<8x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> (tensor<8x1x2x4xf32>, tensor<1x2x4xf32>)
  func.return
}

// -----

// CHECK: unknown number format int4, expected one of f32, bf16, int8, mixed8
func.func @f(%x : tensor<8x2x3xf32>, %w : tensor<1x16x3xf32>, %r : tensor<1x16x4xf32>) {
  %y, %yh, %yc = rnn.lstm %x, %w, %r hidden 4 format <int4> : (tensor<8x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> (tensor<8x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  func.return
}

// -----

// CHECK: the weight scale must be positive and finite, got -1.0
func.func @f(%x : tensor<8x2x3xf32>, %w : tensor<1x16x3xf32>, %r : tensor<1x16x4xf32>) {
  %y, %yh, %yc = rnn.lstm %x, %w, %r hidden 4 format <int8, weight -1.0> : (tensor<8x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> (tensor<8x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  func.return
}

// -----

// CHECK: format f32 stores values as they are, got input scale 2.0
func.func @f(%x : tensor<8x2x3xf32>, %w : tensor<1x16x3xf32>, %r : tensor<1x16x4xf32>) {
  %y, %yh, %yc = rnn.lstm %x, %w, %r hidden 4 format <f32, input 2.0> : (tensor<8x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> (tensor<8x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  func.return
}

// -----

// CHECK: x must be a static f32 tensor of rank 2, or the rank-3 Y_h of a layer, got 4xf32
func.func @f(%x : tensor<4xf32>, %w : tensor<2x4xf32>) {
  %y = rnn.linear %x, %w : (tensor<4xf32>, tensor<2x4xf32>) -> tensor<1x2xf32>
  func.return
}

// -----

// CHECK: w must be outputs x inputs, got 8xf32
func.func @f(%x : tensor<1x4xf32>, %w : tensor<8xf32>) {
  %y = rnn.linear %x, %w : (tensor<1x4xf32>, tensor<8xf32>) -> tensor<1x2xf32>
  func.return
}

// -----

// CHECK: w must be outputs x inputs = 2x4xf32, got 2x5xf32
func.func @f(%x : tensor<1x4xf32>, %w : tensor<2x5xf32>) {
  %y = rnn.linear %x, %w : (tensor<1x4xf32>, tensor<2x5xf32>) -> tensor<1x2xf32>
  func.return
}

// -----

// CHECK: w must have static sizes of 1 or more, got ?x4xf32
func.func @f(%x : tensor<1x4xf32>, %w : tensor<?x4xf32>) {
  %y = rnn.linear %x, %w : (tensor<1x4xf32>, tensor<?x4xf32>) -> tensor<1x?xf32>
  func.return
}

// -----

// CHECK: X must be a static f32 tensor of rank 3, or the rank-4 Y of another layer, got ?x1x3xf32
func.func @f(%x : tensor<?x1x3xf32>, %w : tensor<1x4x3xf32>, %r : tensor<1x4x4xf32>) {
  %y, %yh = rnn.rnn %x, %w, %r hidden 4 : (tensor<?x1x3xf32>, tensor<1x4x3xf32>, tensor<1x4x4xf32>) -> (tensor<8x1x1x4xf32>, tensor<1x1x4xf32>)
  func.return
}

// -----

// CHECK: bias must be outputs = 2xf32, got 4xf32
func.func @f(%x : tensor<1x4xf32>, %w : tensor<2x4xf32>, %b : tensor<4xf32>) {
  %y = rnn.linear %x, %w bias %b : (tensor<1x4xf32>, tensor<2x4xf32>, tensor<4xf32>) -> tensor<1x2xf32>
  func.return
}

// -----

// CHECK: y must be batch x outputs = 1x2xf32, got 1x3xf32
func.func @f(%x : tensor<1x4xf32>, %w : tensor<2x4xf32>) {
  %y = rnn.linear %x, %w : (tensor<1x4xf32>, tensor<2x4xf32>) -> tensor<1x3xf32>
  func.return
}

// -----

// CHECK: direction must be one of forward, reverse, bidirectional, got sideways
func.func @f(%x : tensor<8x1x3xf32>, %w : tensor<1x4x3xf32>, %r : tensor<1x4x4xf32>) {
  %y, %yh = "rnn.rnn"(%x, %w, %r) <{hidden_size = 4 : i64, direction = "sideways", operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0>}> : (tensor<8x1x3xf32>, tensor<1x4x3xf32>, tensor<1x4x4xf32>) -> (tensor<8x1x1x4xf32>, tensor<1x1x4xf32>)
  func.return
}

// -----

// CHECK: unknown activation swish, expected one of relu, tanh,
func.func @f(%x : tensor<8x1x3xf32>, %w : tensor<1x4x3xf32>, %r : tensor<1x4x4xf32>) {
  %y, %yh = "rnn.rnn"(%x, %w, %r) <{hidden_size = 4 : i64, activations = ["swish"], operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0>}> : (tensor<8x1x3xf32>, tensor<1x4x3xf32>, tensor<1x4x4xf32>) -> (tensor<8x1x1x4xf32>, tensor<1x1x4xf32>)
  func.return
}

// -----

// CHECK: rows must be directions x 4 * hidden_size = 1x16xf32, got 16xf32
func.func @f(%x : tensor<8x2x3xf32>, %w : tensor<1x16x3xf32>, %r : tensor<1x16x4xf32>, %e : tensor<16xf32>) {
  %y, %yh, %yc = rnn.lstm %x, %w, %r rows %e hidden 4 : (tensor<8x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>, tensor<16xf32>) -> (tensor<8x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  func.return
}
