// RUN: spatial-opt %s -p pattern-expand-activations | filecheck %s
// RUN: spatial-opt %s -p pattern-expand-activations,pattern-expand-activations | filecheck %s

// CHECK-LABEL: func.func @tables
// CHECK-NEXT:    [[sigmoid:%.+]] = pattern.table sigmoid entries 1024 from -8.0 to 8.0 : tensor<1024xf32>
// CHECK-NEXT:    pattern.scan
// CHECK-NEXT:      pattern.map
// CHECK-NEXT:        [[v:%.+]] = pattern.read
// CHECK-NEXT:        [[c64:%.+]] = arith.constant 6.400000e+01 : f32
// CHECK-NEXT:        [[a:%.+]] = arith.mulf [[v]], [[c64]] : f32
// CHECK-NEXT:        [[c512:%.+]] = arith.constant 5.120000e+02 : f32
// CHECK-NEXT:        [[b:%.+]] = arith.addf [[a]], [[c512]] : f32
// CHECK-NEXT:        [[i:%.+]] = pattern.convert [[b]] toward_zero clamp 0, 1023 : f32 to i32
// CHECK-NEXT:        [[s:%.+]] = pattern.gather [[sigmoid]][[[i]]] : tensor<1024xf32>, i32
// CHECK-NOT:         pattern.table
// CHECK-NOT:         pattern.activate
// CHECK:             [[second:%.+]] = pattern.gather [[sigmoid]]
// CHECK-NEXT:        pattern.yield [[second]] : f32
func.func @tables(%x: tensor<2x8xf32>) -> tensor<2x8xf32> {
  %y = pattern.scan (%t in 2) -> tensor<2x8xf32> {
    %h = pattern.map (%i in 8) -> tensor<8xf32> {
      %v = pattern.read %x[%t, %i] : tensor<2x8xf32>
      %a = pattern.activate sigmoid with table %v : f32
      %b = pattern.activate sigmoid with table %a : f32
      pattern.yield %b : f32
    }
    pattern.next emit %h : tensor<8xf32>
  }
  func.return %y : tensor<2x8xf32>
}

// CHECK-LABEL: func.func @relu
// CHECK:         [[zero:%.+]] = arith.constant 0.000000e+00 : f32
// CHECK-NEXT:    [[r:%.+]] = arith.maximumf {{%.+}}, [[zero]] : f32
// CHECK-NEXT:    pattern.yield [[r]] : f32
func.func @relu(%x: tensor<8xf32>) -> tensor<8xf32> {
  %y = pattern.map (%i in 8) -> tensor<8xf32> {
    %v = pattern.read %x[%i] : tensor<8xf32>
    %a = pattern.activate relu %v : f32
    pattern.yield %a : f32
  }
  func.return %y : tensor<8xf32>
}

// Other formats are computed in f32, by arithmetic without selection.
// CHECK-LABEL: func.func @tanh
// CHECK:         [[wide:%.+]] = pattern.convert {{%.+}} : bf16 to f32
// CHECK-NOT:     arith.select
// CHECK:         [[t:%.+]] = arith.divf {{%.+}}, {{%.+}} : f32
// CHECK-NEXT:    [[narrow:%.+]] = pattern.convert [[t]] : f32 to bf16
// CHECK-NEXT:    pattern.yield [[narrow]] : bf16
func.func @tanh(%x: tensor<8xbf16>) -> tensor<8xbf16> {
  %y = pattern.map (%i in 8) -> tensor<8xbf16> {
    %v = pattern.read %x[%i] : tensor<8xbf16>
    %a = pattern.activate tanh %v : bf16
    pattern.yield %a : bf16
  }
  func.return %y : tensor<8xbf16>
}

// The square of exp(x / 2), a power of two made of its bits; and by table, like the others.
// CHECK-LABEL: func.func @exp
// CHECK-NEXT:    [[table:%.+]] = pattern.table exp entries 1024 from -8.0 to 8.0 : tensor<1024xf32>
// CHECK-NOT:     arith.select
// CHECK:         [[bits:%.+]] = arith.shli {{%.+}}, {{%.+}} : i32
// CHECK-NEXT:    [[two:%.+]] = arith.bitcast [[bits]] : i32 to f32
// CHECK-NEXT:    [[half:%.+]] = arith.mulf {{%.+}}, [[two]] : f32
// CHECK-NEXT:    [[e:%.+]] = arith.mulf [[half]], [[half]] : f32
// CHECK:         [[t:%.+]] = pattern.gather [[table]]
// CHECK-NEXT:    pattern.yield [[t]] : f32
func.func @exp(%x: tensor<8xf32>) -> tensor<8xf32> {
  %y = pattern.map (%i in 8) -> tensor<8xf32> {
    %v = pattern.read %x[%i] : tensor<8xf32>
    %a = pattern.activate exp %v : f32
    %b = pattern.activate exp with table %a : f32
    pattern.yield %b : f32
  }
  func.return %y : tensor<8xf32>
}

// CHECK-LABEL: func.func @nothing
// CHECK-NEXT:    func.return
func.func @nothing() {
  func.return
}
