// RUN: spatial-opt %s -p "set-target{name=plasticine-rnn},pattern-assign-memories" | filecheck %s
// RUN: spatial-opt %s -p "set-target{name=plasticine-rnn},pattern-assign-memories,pattern-assign-memories" | filecheck %s
// RUN: spatial-opt %s -p "set-target{name=plasticine-rnn},pattern-assign-memories" | spatial-opt | filecheck %s
// RUN: spatial-opt %s -p "set-target{name=plasticine-rnn},pattern-assign-memories{queue-depth=3}" | filecheck %s --check-prefix=QUEUE
// RUN: spatial-opt %s -p "set-target{name=plasticine-rnn},pattern-assign-memories" --remarks 2>&1 | filecheck %s --check-prefix=REMARK
// RUN: not spatial-opt %s -p "pattern-assign-memories" 2>&1 | filecheck %s --check-prefix=TARGET
// RUN: not spatial-opt %s -p "set-target,pattern-assign-memories{queue-depth=0}" 2>&1 | filecheck %s --check-prefix=ZERO

// An argument of which a step takes a slice, a parameter and a table.
// CHECK-LABEL: func.func @main(%x
// CHECK-NEXT:    pattern.memory dram %x bytes 1600 live (-1, 0) : tensor<5x80xf32>
// CHECK-NEXT:    [[w:%.+]] = pattern.parameter "w"
// CHECK-NEXT:    pattern.memory sram [[w]] bytes 25600 live (-1, 0) : tensor<80x80xf32>
// CHECK-NEXT:    [[tanh:%.+]] = pattern.table tanh
// CHECK-NEXT:    pattern.memory lut [[tanh]] bytes 256 live (-1, 0) : tensor<64xf32>
// CHECK:         [[last:%.+]], [[c_last:%.+]], [[y:%.+]] = pattern.scan ([[t:%.+]] in 5)
// The slice is loaded while the one before is read; the state has a version that is read and one
// that is written, but for the one that each point reads before it writes it.
// CHECK-NEXT:      pattern.memory sram %x{{\[}}[[t]], *] depth 2 bytes 320 live (-2, 0) : tensor<5x80xf32>
// CHECK-NEXT:      pattern.memory sram %h depth 2 bytes 320 live (-2, 0) : tensor<80xf32>
// CHECK-NEXT:      pattern.memory sram %c bytes 320 live (-1, 1) : tensor<80xf32>
// CHECK-NEXT:      [[n:%.+]] = pattern.map
// CHECK-NEXT:        [[s:%.+]], [[m:%.+]] = pattern.reduce
// CHECK:             pattern.memory fifo [[s]] depth 16 bytes 4 : f32
// QUEUE:             pattern.memory fifo {{%.+}} depth 3 bytes 4 : f32
// What is yielded as it is stays in the accumulator; the result that nobody needs has none.
// CHECK-NEXT:        {{%.+}} = pattern.read
// CHECK:           pattern.memory sram [[n]] bytes 320 live (0, 1) : tensor<80xf32>
// CHECK:           [[e:%.+]], [[d:%.+]] = pattern.map
// CHECK:             [[r:%.+]] = pattern.reduce max
// CHECK:             pattern.memory reg [[r]] bytes 4 : f32
// CHECK:           pattern.memory sram [[d]] bytes 320 live (1, 2) : tensor<80xf32>
// CHECK:           pattern.next
// Constants need no memory; the last state is read where the loop leaves it.
// CHECK:         pattern.memory dram [[c_last]] bytes 320 live (0, 1) : tensor<80xf32>
// CHECK-NEXT:    pattern.memory dram [[y]] bytes 1600 live (0, 1) : tensor<5x80xf32>
// CHECK-NEXT:    func.return

// REMARK: pattern-assign-memories: pattern.memory: %x has 2 buffers, live (-2, 0): loaded beside the kernels that read the slice before
// REMARK: pattern-assign-memories: pattern.memory: %h has 2 buffers, live (-2, 0): read while its next version is written
// REMARK: pattern-assign-memories: pattern.memory: %c has 1 buffer, live (-1, 1): read before its next version is written
// REMARK: pattern-assign-memories: pattern.memory: %n has 1 buffer, live (0, 1): read before the next step makes it again
// REMARK: pattern-assign-memories: pattern.memory: %d has 1 buffer, live (1, 2): its store holds up nothing
// REMARK: pattern-assign-memories: @main: 7 memories hold 28096 bytes on chip, plasticine-rnn has 33030144; 3520 bytes in DRAM

// TARGET: pattern-assign-memories: the module has no target; run set-target{name=...} first
// ZERO: pattern-assign-memories: queue-depth must be at least 1, got 0

func.func @main(%x: tensor<5x80xf32>) -> (tensor<80xf32>, tensor<5x80xf32>) {
  %w = pattern.parameter "w" : tensor<80x80xf32>
  %tanh = pattern.table tanh entries 64 from -4.0 to 4.0 : tensor<64xf32>
  %zero = arith.constant dense<0.0> : tensor<80xf32>
  %last, %c_last, %y = pattern.scan (%t in 5) carry (%h = %zero : tensor<80xf32>, %c = %zero : tensor<80xf32>)
      -> (tensor<80xf32>, tensor<80xf32>, tensor<5x80xf32>) {
    %n = pattern.map (%i in 80 par 4) -> tensor<80xf32> {
      %s, %unused = pattern.reduce add, add (%k in 80 par 1 x 16) : f32, f32 {
        %a = pattern.read %w[%i, %k] : tensor<80x80xf32>
        %b = pattern.read %h[%k] : tensor<80xf32>
        %p = arith.mulf %a, %b : f32
        pattern.yield %p, %p : f32, f32
      }
      %xv = pattern.read %x[%t, %i] : tensor<5x80xf32>
      %v = arith.addf %s, %xv : f32
      %at = pattern.convert %v toward_zero clamp 0, 63 : f32 to i32
      %g = pattern.gather %tanh[%at] : tensor<64xf32>, i32
      pattern.yield %g : f32
    }
    %e, %d = pattern.map (%j in 80 par 4) -> (tensor<80xf32>, tensor<80xf32>) {
      %r = pattern.reduce max (%k in 2) : f32 {
        %a = pattern.read %n[%j] : tensor<80xf32>
        pattern.yield %a : f32
      }
      %b = pattern.read %c[%j] : tensor<80xf32>
      %q = pattern.read %n[%j] : tensor<80xf32>
      %u = arith.addf %b, %q : f32
      pattern.yield %u, %r : f32, f32
    }
    pattern.next %n, %e emit %d : tensor<80xf32>, tensor<80xf32>, tensor<80xf32>
  }
  func.return %c_last, %y : tensor<80xf32>, tensor<5x80xf32>
}
