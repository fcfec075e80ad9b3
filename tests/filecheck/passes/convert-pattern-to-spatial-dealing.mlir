// RUN: spatial-opt %s -p "set-target{name=plasticine-rnn},convert-pattern-to-spatial" | filecheck %s

func.func @main(%x: tensor<10xf32>) -> tensor<9xf32> {
  // Four units with three rows each, the last one with one; what they make behind the end is dropped.
  %y = pattern.map (%i in 10 par 4) deal blocked -> tensor<10xf32> {
    %v = pattern.read %x[%i] : tensor<10xf32>
    %d = arith.addf %v, %v : f32
    pattern.yield %d : f32
  }
  // Three units take every third row of two groups in two turns.
  %z = pattern.map (%j in 9 par 6) rows 3 -> tensor<9xf32> {
    %s = pattern.reduce add (%k in 10 par 1 x 2) : f32 {
      %v = pattern.read %y[%k] : tensor<10xf32>
      pattern.yield %v : f32
    }
    %v = pattern.read %y[%j + 1] : tensor<10xf32>
    %d = arith.addf %s, %v : f32
    pattern.yield %d : f32
  }
  func.return %z : tensor<9xf32>
}

// CHECK-LABEL: spatial.config @main {
// CHECK:         spatial.pmu {{@x.*}} holds tensor<10xf32>
// CHECK:           spatial.read @to.y ports ["to.y.0", "to.y.1", "to.y.2", "to.y.3"] apart 3 port 0 counters (%i = 0 to 3) address [%i] padded
// CHECK:         spatial.pmu [[y:@.+]] holds tensor<10xf32>
// CHECK-NEXT:      spatial.write @in ports ["in0", "in1", "in2", "in3"] apart 3 port 0 counters (%i = 0 to 3) address [%i] clip
// CHECK-NEXT:      spatial.read @to.z ports ["to.z.0", "to.z.1", "to.z.2"] port 0 counters (%j = 0 to 2, %turn = 0 to 2) address [6 * %j + 3 * %turn + 1] padded
// CHECK:         spatial.pmu {{@z.*}} holds tensor<9xf32>
// CHECK-NEXT:      spatial.write @in ports ["in0", "in1", "in2"] port 0 counters (%j = 0 to 2, %turn = 0 to 2) address [6 * %j + 3 * %turn] clip
