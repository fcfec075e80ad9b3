// RUN: spatial-opt %s | filecheck %s
// RUN: spatial-opt %s | spatial-opt | filecheck %s

// CHECK-LABEL: func.func @lstm
func.func @lstm(%x : tensor<8x1x3xf32>, %w : tensor<1x16x3xf32>, %r : tensor<1x16x4xf32>,
                %b : tensor<1x32xf32>, %n : tensor<1xi32>, %h : tensor<1x1x4xf32>,
                %p : tensor<1x12xf32>) {
  // CHECK: %y, %yh, %yc = rnn.lstm %x, %w, %r hidden 4 : (tensor<8x1x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> (tensor<8x1x1x4xf32>, tensor<1x1x4xf32>, tensor<1x1x4xf32>)
  %y, %yh, %yc = rnn.lstm %x, %w, %r hidden 4 direction forward layout 0 : (tensor<8x1x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> (tensor<8x1x1x4xf32>, tensor<1x1x4xf32>, tensor<1x1x4xf32>)

  // CHECK: rnn.lstm %x, %w, %r bias %b sequence_lens %n initial_h %h initial_c %h peepholes %p hidden 4 direction reverse activations [sigmoid, hardsigmoid, affine] alpha [0.1] beta [0.25, 1.0e-05] clip 3.0 format <mixed8, input 16.0, state 0.1> input_forget attributes {note = "all"} :
  %z, %zh, %zc = rnn.lstm %x, %w, %r bias %b sequence_lens %n initial_h %h initial_c %h peepholes %p
    input_forget format <mixed8, state 0.1, input 16> clip 3 beta [0.25, 1.0e-05] alpha [0.1]
    activations [sigmoid, hardsigmoid, affine] direction reverse hidden 4 attributes {note = "all"}
    : (tensor<8x1x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>, tensor<1x32xf32>, tensor<1xi32>, tensor<1x1x4xf32>, tensor<1x1x4xf32>, tensor<1x12xf32>)
    -> (tensor<8x1x1x4xf32>, tensor<1x1x4xf32>, tensor<1x1x4xf32>)
  func.return
}

// CHECK-LABEL: func.func @gru
func.func @gru(%x : tensor<2x8x3xf32>, %w : tensor<2x12x3xf32>, %r : tensor<2x12x4xf32>) {
  // CHECK: %y, %yh = rnn.gru %x, %w, %r hidden 4 direction bidirectional layout 1 linear_before_reset :
  %y, %yh = rnn.gru %x, %w, %r hidden 4 direction bidirectional linear_before_reset layout 1 : (tensor<2x8x3xf32>, tensor<2x12x3xf32>, tensor<2x12x4xf32>) -> (tensor<2x8x2x4xf32>, tensor<2x2x4xf32>)
  func.return
}

// CHECK-LABEL: func.func @rnn
func.func @rnn(%x : tensor<5x2x1x4xf32>, %w : tensor<1x4x8xf32>, %r : tensor<1x4x4xf32>, %f : tensor<1x4xf32>) {
  // X may be the Y of another layer.
  // CHECK: rnn.rnn %x, %w, %r hidden 4 activations [relu] : (tensor<5x2x1x4xf32>,
  %y, %yh = rnn.rnn %x, %w, %r hidden 4 activations [relu] : (tensor<5x2x1x4xf32>, tensor<1x4x8xf32>, tensor<1x4x4xf32>) -> (tensor<5x1x1x4xf32>, tensor<1x1x4xf32>)
  // CHECK: rnn.rnn %x, %w, %r rows %f hidden 4 : (tensor<5x2x1x4xf32>, tensor<1x4x8xf32>, tensor<1x4x4xf32>, tensor<1x4xf32>)
  %z, %zh = rnn.rnn %x, %w, %r rows %f hidden 4 : (tensor<5x2x1x4xf32>, tensor<1x4x8xf32>, tensor<1x4x4xf32>, tensor<1x4xf32>) -> (tensor<5x1x1x4xf32>, tensor<1x1x4xf32>)
  func.return
}

// CHECK-LABEL: func.func @linear
func.func @linear(%x : tensor<2x1x4xf32>, %v : tensor<1x8xf32>, %w : tensor<10x8xf32>, %b : tensor<10xf32>) {
  // CHECK: rnn.linear %x, %w : (tensor<2x1x4xf32>, tensor<10x8xf32>) -> tensor<1x10xf32>
  %0 = rnn.linear %x, %w : (tensor<2x1x4xf32>, tensor<10x8xf32>) -> tensor<1x10xf32>
  // CHECK: rnn.linear %v, %w bias %b format <bf16> {note} : (tensor<1x8xf32>, tensor<10x8xf32>, tensor<10xf32>) -> tensor<1x10xf32>
  %1 = rnn.linear %v, %w bias %b format <bf16> {note} : (tensor<1x8xf32>, tensor<10x8xf32>, tensor<10xf32>) -> tensor<1x10xf32>
  func.return
}

// CHECK-LABEL: func.func private @formats
// CHECK-SAME: a = #rnn.format<f32>, b = #rnn.format<int8, weight 12700.0, recurrent 3.1415927>
func.func private @formats() attributes {a = #rnn.format<f32, input 1.0>, b = #rnn.format<int8, weight 12700, recurrent 3.14159265358>}
