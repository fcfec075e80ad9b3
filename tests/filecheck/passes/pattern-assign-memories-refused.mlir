// RUN: not spatial-opt %s -p "set-target{name=tiny},pattern-assign-memories" 2>&1 | filecheck %s
// RUN: not spatial-opt %s -p "set-target{name=tiny},convert-pattern-to-spatial" 2>&1 | filecheck %s --check-prefix=SPATIAL
// RUN: not spatial-opt %S/../../../examples/digits_lstm.mlir -p "set-target,pattern-assign-memories" 2>&1 | filecheck %s --check-prefix=RNN

// The loop runs backwards: its first step is 4.
// CHECK: pattern-assign-memories: %h has depth 1 and needs 2: %n at %t = 4, %i = 3 may write element [3] before %n at %t = 4, %i = 0 has read it; write depth 2, or leave the declaration away
// SPATIAL: convert-pattern-to-spatial: %h has depth 1 and needs 2: %n at %t = 4, %i = 3 may write element [3] before %n at %t = 4, %i = 0 has read it; write depth 2, or leave the declaration away
// RNN: pattern-assign-memories: the module still holds rnn.lstm, whose values have no schedule; run convert-rnn-to-pattern first

func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %last = pattern.scan reverse (%t in 5) carry (%h = %x : tensor<4xf32>) -> tensor<4xf32> {
    pattern.memory sram %h bytes 16 live (-1, 0) : tensor<4xf32>
    %n = pattern.map (%i in 4) -> tensor<4xf32> {
      %v = pattern.read %h[3 - %i] : tensor<4xf32>
      pattern.yield %v : f32
    }
    pattern.next %n : tensor<4xf32>
  }
  func.return %last : tensor<4xf32>
}
