// RUN: spatial-opt %s -p "set-target{name=plasticine-rnn},pattern-parallelize" --remarks 2>&1 | filecheck %s

// A unit takes one condition for all lanes: not one that is read lane by lane.

// CHECK:     remark: pattern-parallelize: %chosen: runs one element at a time: arith.select would take a condition per lane
// CHECK-NOT: %same
// CHECK-NOT: lanes cannot
// CHECK:     %chosen = pattern.map (%i in 32) ->
// CHECK:     %same = pattern.map (%r in 2, %i_1 in 32 par 1 x 16) ->

func.func @main(%c : tensor<32xi1>, %x : tensor<32xf32>) -> (tensor<32xf32>, tensor<2x32xf32>) {
  %chosen = pattern.map (%i in 32) -> tensor<32xf32> {
    %b = pattern.read %c[%i] : tensor<32xi1>
    %v = pattern.read %x[%i] : tensor<32xf32>
    %n = arith.negf %v : f32
    %s = arith.select %b, %v, %n : f32
    pattern.yield %s : f32
  }
  %same = pattern.map (%r in 2, %i in 32) -> tensor<2x32xf32> {
    %zero = arith.constant 0 : index
    %b = arith.cmpi eq, %r, %zero : index
    %v = pattern.read %x[%i] : tensor<32xf32>
    %n = arith.negf %v : f32
    %s = arith.select %b, %v, %n : f32
    pattern.yield %s : f32
  }
  func.return %chosen, %same : tensor<32xf32>, tensor<2x32xf32>
}
