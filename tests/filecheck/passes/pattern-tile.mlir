// RUN: spatial-opt %s -p "pattern-tile{kernel=y sizes=4,keep interchange=2,0,1 reduce-sizes=6}" | filecheck %s
// RUN: spatial-opt %s -p "pattern-tile{reduce-sizes=5}" | filecheck %s --check-prefix=EVEN
// RUN: spatial-opt %s -p "pattern-tile{sizes=4}" | filecheck %s --check-prefix=NONE
// RUN: spatial-opt %s -p pattern-tile | filecheck %s --check-prefix=NONE
// RUN: not spatial-opt %s -p "pattern-tile{kernel=y sizes=0,1}" 2>&1 | filecheck %s --check-prefix=ZERO
// RUN: not spatial-opt %s -p "pattern-tile{kernel=y sizes=11,1}" 2>&1 | filecheck %s --check-prefix=LARGE
// RUN: not spatial-opt %s -p "pattern-tile{kernel=why sizes=2,1}" 2>&1 | filecheck %s --check-prefix=UNKNOWN
// RUN: not spatial-opt %s -p "pattern-tile{kernel=z sizes=2}" 2>&1 | filecheck %s --check-prefix=RESULT
// RUN: not spatial-opt %s -p "set-target{name=tiny},pattern-parallelize,pattern-tile{kernel=y reduce-sizes=4}" 2>&1 | filecheck %s --check-prefix=SPREAD

// CHECK-LABEL: func.func @main
// The rows are padded to 12: what is read for the last two is zero, and nobody reads the result.
// CHECK:         [[y:%.+]] = pattern.map ([[g:%.+]] in 2, [[io:%.+]] in 3, [[ii:%.+]] in 4) -> tensor<2x3x4xf32> {
// CHECK-NEXT:      [[s:%.+]] = pattern.reduce add ([[ko:%.+]] in 4, [[ki:%.+]] in 6) : f32 {
// CHECK-NEXT:        [[a:%.+]] = pattern.read %w{{.*}}[4 * [[io]] + [[ii]], [[g]], 6 * [[ko]] + [[ki]]] zero_outside : tensor<10x2x20xf32>
// CHECK-NEXT:        [[b:%.+]] = pattern.read %x{{.*}}[6 * [[ko]] + [[ki]]] zero_outside : tensor<20xf32>
// CHECK:         [[z:%.+]] = pattern.map ([[j:%.+]] in 5) -> tensor<5xf32> {
// CHECK-NEXT:      [[u:%.+]] = pattern.read [[y]][1, (2 * [[j]]) floordiv 4, (2 * [[j]]) mod 4] : tensor<2x3x4xf32>
// CHECK-NEXT:      [[v:%.+]] = pattern.read [[y]][0, 2, 1] : tensor<2x3x4xf32>

// A size that divides reads nothing outside.
// EVEN:          pattern.map (%{{.+}} in 10, %{{.+}} in 2) -> tensor<10x2xf32> {
// EVEN-NEXT:       {{%.+}} = pattern.reduce add ([[ko:%.+]] in 4, [[ki:%.+]] in 5) : f32 {
// EVEN-NEXT:         {{%.+}} = pattern.read %w{{.*}}[%{{.+}}, %{{.+}}, 5 * [[ko]] + [[ki]]] : tensor<10x2x20xf32>

// The one map has another rank, the other one makes a result of the function.
// NONE:          pattern.map (%{{.+}} in 10, %{{.+}} in 2) -> tensor<10x2xf32> {
// NONE-NEXT:       {{%.+}} = pattern.reduce add (%{{.+}} in 20) : f32 {
// NONE:          pattern.map (%{{.+}} in 5) -> tensor<5xf32> {

// ZERO:    pattern-tile: sizes are at least 1, got 0; write keep to leave a dimension whole
// LARGE:   pattern-tile: kernel %y: the tile size of %i is at most its extent 10, got 11; choose a smaller one, or keep
// UNKNOWN: pattern-tile: there is no map with a result %why; there are %y, %z
// RESULT:  pattern-tile: kernel %z: %z is a result of the function, which fixes its shape [5]; tile a map in between, or leave this one whole
// SPREAD:  pattern-tile: kernel %y: (%k in 20) has parallel factors already (par [{{[0-9]+}}], lanes {{[0-9]+}}); tile before pattern-parallelize

func.func @main(%x: tensor<20xf32>) -> tensor<5xf32> {
  %w = pattern.parameter "w" : tensor<10x2x20xf32>
  %y = pattern.map (%i in 10, %g in 2) -> tensor<10x2xf32> {
    %s = pattern.reduce add (%k in 20) : f32 {
      %a = pattern.read %w[%i, %g, %k] : tensor<10x2x20xf32>
      %b = pattern.read %x[%k] : tensor<20xf32>
      %p = arith.mulf %a, %b : f32
      pattern.yield %p : f32
    }
    pattern.yield %s : f32
  }
  %z = pattern.map (%j in 5) -> tensor<5xf32> {
    %u = pattern.read %y[2 * %j, 1] : tensor<10x2xf32>
    %v = pattern.read %y[9, 0] : tensor<10x2xf32>
    %m = arith.mulf %u, %v : f32
    pattern.yield %m : f32
  }
  func.return %z : tensor<5xf32>
}
