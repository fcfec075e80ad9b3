// RUN: spatial-opt %s --split-input-file -p "set-target{name=tiny},pattern-split-program{configurations=each}" --remarks 2>&1 | filecheck %s

// CHECK: remark: pattern-split-program: @main: is not cut into parts: it returns the same value twice
func.func @main(%x : tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %a = pattern.map (%i in 4) -> tensor<4xf32> {
    %v = pattern.read %x[%i] : tensor<4xf32>
    pattern.yield %v : f32
  }
  %b = pattern.map (%i in 4) -> tensor<4xf32> {
    %v = pattern.read %a[%i] : tensor<4xf32>
    pattern.yield %v : f32
  }
  func.return %b, %b : tensor<4xf32>, tensor<4xf32>
}

// -----

// CHECK: remark: pattern-split-program: @main: is not cut into parts: it returns something that no map or loop computes
func.func @main(%x : tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %a = pattern.map (%i in 4) -> tensor<4xf32> {
    %v = pattern.read %x[%i] : tensor<4xf32>
    pattern.yield %v : f32
  }
  %b = pattern.map (%i in 4) -> tensor<4xf32> {
    %v = pattern.read %a[%i] : tensor<4xf32>
    pattern.yield %v : f32
  }
  func.return %x, %b : tensor<4xf32>, tensor<4xf32>
}

// -----

// CHECK: remark: pattern-split-program: @main: is not cut into parts: 'x' is the name of an input and of a result
func.func @main(%x : tensor<4xf32>) -> (tensor<4xf32> {pattern.name = "x"}) {
  %a = pattern.map (%i in 4) -> tensor<4xf32> {
    %v = pattern.read %x[%i] : tensor<4xf32>
    pattern.yield %v : f32
  }
  %b = pattern.map (%i in 4) -> tensor<4xf32> {
    %v = pattern.read %a[%i] : tensor<4xf32>
    pattern.yield %v : f32
  }
  func.return %b : tensor<4xf32>
}

// -----

// CHECK: remark: pattern-split-program: @main: is not cut into parts: pattern.memory stands outside of maps and loops
func.func @main(%x : tensor<4xf32>) -> tensor<4xf32> {
  %a = pattern.map (%i in 4) -> tensor<4xf32> {
    %v = pattern.read %x[%i] : tensor<4xf32>
    pattern.yield %v : f32
  }
  pattern.memory sram %a bytes 16 live (0, 1) : tensor<4xf32>
  %b = pattern.map (%i in 4) -> tensor<4xf32> {
    %v = pattern.read %a[%i] : tensor<4xf32>
    pattern.yield %v : f32
  }
  func.return %b : tensor<4xf32>
}
