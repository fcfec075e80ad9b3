// RUN: spatial-opt %s -p "set-target{name=tiny},pattern-assign-memories" | filecheck %s
// RUN: spatial-opt %s -p "set-target{name=tiny},pattern-assign-memories,pattern-bank-memories,convert-pattern-to-spatial" | filecheck %s --check-prefix=SPATIAL

// What is declared stays, what is not is added beside it.
// CHECK-LABEL: func.func @main
// CHECK:         pattern.scan
// CHECK-NEXT:      pattern.memory sram %x{{\[}}%t, *] depth 3 bytes 16 live (-1, 0) banked (2, 1) : tensor<5x4xf32>
// CHECK-NEXT:      pattern.memory sram %h depth 3 bytes 16 live (-1, 0) : tensor<4xf32>
// CHECK-NEXT:      [[n:%.+]] = pattern.map
// CHECK:             pattern.memory fifo {{%.+}} depth 5 bytes 4 : f32
// CHECK-NEXT:        {{%.+}} = pattern.read
// CHECK:         pattern.memory dram %last bytes 16 live (0, 1) : tensor<4xf32>

// The conversion does what the declarations say.
// SPATIAL:       spatial.pmu @x_1 holds tensor<3x4xf32> banked (2, 1) init zero {
// SPATIAL-NEXT:    spatial.write @in ports ["data"] {{.*}} address [%t mod 3, 4 * %i] {{.*}}
// SPATIAL-NEXT:    spatial.read @to.n {{.*}} address [%t mod 3, %i] {{.*}}
// SPATIAL:       spatial.pmu @h holds tensor<3x4xf32> banked (4, 1) init zero {
// SPATIAL-NEXT:    spatial.write @in {{.*}} address [(%t + 1) mod 3, %i] {{.*}}
// SPATIAL-NEXT:    spatial.read @to.n {{.*}} address [%t mod 3, 4 * %k] {{.*}}
// SPATIAL:       spatial.link @n.dot::@out to {{.*}} : scalar depth 5
// SPATIAL:       spatial.link @x_1::@to.n.done to @x_1::@in.free : token depth 3 init 3

func.func @main(%x: tensor<5x4xf32>) -> tensor<4xf32> {
  %w = pattern.parameter "w" : tensor<4x4xf32>
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  %last = pattern.scan (%t in 5) carry (%h = %zero : tensor<4xf32>) -> tensor<4xf32> {
    pattern.memory sram %x[%t, *] depth 3 bytes 16 live (-1, 0) banked (2, 1) : tensor<5x4xf32>
    pattern.memory sram %h depth 3 bytes 16 live (-1, 0) : tensor<4xf32>
    %n = pattern.map (%i in 4) -> tensor<4xf32> {
      %s = pattern.reduce add (%k in 4 par 1 x 4) : f32 {
        %a = pattern.read %w[%i, %k] : tensor<4x4xf32>
        %b = pattern.read %h[%k] : tensor<4xf32>
        %p = arith.mulf %a, %b : f32
        pattern.yield %p : f32
      }
      pattern.memory fifo %s depth 5 bytes 4 : f32
      %v = pattern.read %x[%t, %i] : tensor<5x4xf32>
      %r = arith.addf %s, %v : f32
      pattern.yield %r : f32
    }
    pattern.next %n : tensor<4xf32>
  }
  func.return %last : tensor<4xf32>
}
