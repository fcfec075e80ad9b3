// An LSTM with 64 hidden units reads an 8x8 image of a digit row by row; a linear layer behind
// it scores the ten classes. examples/train_digits.py made the weights.
//
//   spatial-run examples/digits_lstm.mlir --inputs examples/digits_test.npz
builtin.module attributes {pattern.weights = "digits_lstm.safetensors"} {
  func.func @main(%x : tensor<8x1x8xf32> {pattern.name = "x"})
      -> (tensor<1x10xf32> {pattern.name = "scores"}) {
    %W = pattern.parameter "lstm.W" : tensor<1x256x8xf32>
    %R = pattern.parameter "lstm.R" : tensor<1x256x64xf32>
    %B = pattern.parameter "lstm.B" : tensor<1x512xf32>
    %y, %last, %cell = rnn.lstm %x, %W, %R bias %B hidden 64
        : (tensor<8x1x8xf32>, tensor<1x256x8xf32>, tensor<1x256x64xf32>, tensor<1x512xf32>)
        -> (tensor<8x1x1x64xf32>, tensor<1x1x64xf32>, tensor<1x1x64xf32>)
    %V = pattern.parameter "linear.W" : tensor<10x64xf32>
    %b = pattern.parameter "linear.B" : tensor<10xf32>
    %scores = rnn.linear %last, %V bias %b
        : (tensor<1x1x64xf32>, tensor<10x64xf32>, tensor<10xf32>) -> tensor<1x10xf32>
    func.return %scores : tensor<1x10xf32>
  }
}
