// RUN: spatial-opt %s -p "rnn-calibrate{format=int8}" | filecheck %s
// RUN: spatial-opt %s -p "rnn-calibrate{format=int8},rnn-calibrate{format=mixed8}" | filecheck %s
// RUN: spatial-opt %s -p "rnn-calibrate{format=int8 weights=examples/digits_lstm.safetensors inputs=examples/digits_test.npz}" | filecheck %s --check-prefix=FILES
// RUN: not spatial-opt %s -p "rnn-calibrate{weights=nowhere.npz}" 2>&1 | filecheck %s --check-prefix=MISSING

// CHECK-LABEL: func.func @main
// CHECK:         rnn.linear {{.*}} format <int8, input 127.0, weight 127.0, recurrent 127.0, state 127.0>
// A format that is there stays.
// CHECK:         rnn.linear {{.*}} format <bf16>

// The inputs reach 1, the weights 0.976.
// FILES:         rnn.linear {{.*}} format <int8, input 127.0, weight 130.0{{[0-9]+}}, recurrent 130.0{{[0-9]+}}, state 127.0>

// MISSING: rnn-calibrate: there is no file nowhere.npz

func.func @main(%x : tensor<1x64xf32>) -> (tensor<1x10xf32>, tensor<1x10xf32>) {
  %w = pattern.parameter "linear.W" : tensor<10x64xf32>
  %y = rnn.linear %x, %w : (tensor<1x64xf32>, tensor<10x64xf32>) -> tensor<1x10xf32>
  %z = rnn.linear %x, %w format <bf16> : (tensor<1x64xf32>, tensor<10x64xf32>) -> tensor<1x10xf32>
  func.return %y, %z : tensor<1x10xf32>, tensor<1x10xf32>
}
