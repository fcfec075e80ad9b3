// RUN: spatial-opt %s --split-input-file --verify-diagnostics --parsing-diagnostics | filecheck %s

func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  pattern.memory fifo %x bytes 16 live (-1, 0) : tensor<4xf32>
  func.return %x : tensor<4xf32>
}

// CHECK: a memory of tensor<4xf32> is one of dram, sram, lut, got fifo

// -----

func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  pattern.memory disk %x bytes 16 live (-1, 0) : tensor<4xf32>
  func.return %x : tensor<4xf32>
}

// CHECK: a memory of tensor<4xf32> is one of dram, sram, lut, got disk

// -----

func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %c = arith.constant 1.0 : f32
  pattern.memory reg %c bytes 4 : f32
  func.return %x : tensor<4xf32>
}

// CHECK: a reg holds the result of a pattern.reduce, %c is none: other scalars stay inside their unit

// -----

func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %c = arith.constant 1.0 : f32
  pattern.memory sram %c bytes 4 live (0, 0) : f32
  func.return %x : tensor<4xf32>
}

// CHECK: a memory of f32 is one of fifo, reg, got sram

// -----

func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  pattern.memory lut %x bytes 16 live (-1, 0) : tensor<4xf32>
  func.return %x : tensor<4xf32>
}

// CHECK: a lut holds a pattern.table and nothing else does, got %x

// -----

func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %t = pattern.table tanh entries 4 from -1.0 to 1.0 : tensor<4xf32>
  pattern.memory sram %t bytes 16 live (-1, 0) : tensor<4xf32>
  func.return %x : tensor<4xf32>
}

// CHECK: a lut holds a pattern.table and nothing else does, got %t

// -----

func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %c = arith.constant dense<0.0> : tensor<4xf32>
  pattern.memory dram %c bytes 16 live (-1, 0) : tensor<4xf32>
  func.return %x : tensor<4xf32>
}

// CHECK: dram holds arguments and results of the function and parameters, %c is none of them

// -----

func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %last = pattern.scan (%t in 3) carry (%h = %x : tensor<4xf32>) -> tensor<4xf32> {
    pattern.memory sram %x bytes 16 live (-1, 0) : tensor<4xf32>
    pattern.next %h : tensor<4xf32>
  }
  func.return %last : tensor<4xf32>
}

// CHECK: a memory stands in the block where its value is defined, that of %x does not

// -----

func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  pattern.memory sram %x depth 0 bytes 16 live (-1, 0) : tensor<4xf32>
  func.return %x : tensor<4xf32>
}

// CHECK: depth must be at least 1, got 0

// -----

func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  pattern.memory sram %x depth 2 bytes 16 live (-1, 0) : tensor<4xf32>
  func.return %x : tensor<4xf32>
}

// CHECK: only an sram in a scan, which has a version per step, and a fifo are deeper than 1, got depth 2 for the sram of %x

// -----

func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  pattern.memory sram %x bytes 12 live (-1, 0) : tensor<4xf32>
  func.return %x : tensor<4xf32>
}

// CHECK: one buffer of %x takes 16 bytes, got 12

// -----

func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  pattern.memory sram %x bytes 16 : tensor<4xf32>
  func.return %x : tensor<4xf32>
}

// CHECK: memories of tensors have a lifetime and those of scalars none, got a sram without live

// -----

func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  pattern.memory sram %x bytes 16 live (1, 0) : tensor<4xf32>
  func.return %x : tensor<4xf32>
}

// CHECK: live takes the first and the last position, got [1, 0]

// -----

func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  pattern.memory sram %x bytes 16 live (1) : tensor<4xf32>
  func.return %x : tensor<4xf32>
}

// CHECK: live takes the first and the last position, got [1]

// -----

func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  pattern.memory dram %x bytes 16 live (-1, 0) banked (4, 1) : tensor<4xf32>
  func.return %x : tensor<4xf32>
}

// CHECK: only memory units have banks, got a dram that is banked

// -----

func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  pattern.memory sram %x bytes 16 live (-1, 0) banked (4, 1, [1, 1]) : tensor<4xf32>
  func.return %x : tensor<4xf32>
}

// CHECK: the vector of banked has an entry per dimension of what is held, 1, got [1, 1]

// -----

func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  pattern.memory sram %x bytes 16 live (-1, 0) banked (4, 1) duplicated : tensor<4xf32>
  func.return %x : tensor<4xf32>
}

// CHECK: %x is written at run time, so its banks can't each hold all of it; leave duplicated away

// -----

func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %w = pattern.parameter "w" : tensor<4xf32>
  pattern.memory sram %w bytes 16 live (-1, 0) banked (4, 1, [1]) : tensor<4xf32>
  func.return %x : tensor<4xf32>
}

// CHECK: %w lies in the order in which its readers take it, so a vector over its coordinates says nothing; write banked (N, B)

// -----

func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  pattern.memory sram %x bytes 16 live (-1, 0) : tensor<4xf32>
  pattern.memory sram %x bytes 16 live (-1, 0) : tensor<4xf32>
  func.return %x : tensor<4xf32>
}

// CHECK: the memory of %x is declared twice here, as sram and as sram; delete one

// -----

func.func @main(%x: tensor<4xf32>, %y: tensor<3x4xf32>) -> tensor<4xf32> {
  %last = pattern.scan (%t in 3) carry (%h = %x : tensor<4xf32>) -> tensor<4xf32> {
    pattern.memory dram %y[%t, *] bytes 16 live (-1, 0) : tensor<3x4xf32>
    pattern.next %h : tensor<4xf32>
  }
  func.return %last : tensor<4xf32>
}

// CHECK: an sram holds slices of arguments of the function, got dram %y

// -----

func.func @main(%x: tensor<4xf32>, %y: tensor<3x4xf32>) -> tensor<4xf32> {
  %last = pattern.scan (%t in 3) carry (%h = %x : tensor<4xf32>) -> tensor<4xf32> {
    pattern.memory sram %y[*, %t] bytes 12 live (-1, 0) : tensor<3x4xf32>
    pattern.next %h : tensor<4xf32>
  }
  func.return %last : tensor<4xf32>
}

// CHECK: a slice fixes some dimensions of %y, all but the last of 2, each at one coordinate, got dimensions [1]

// -----

func.func @main(%x: tensor<4xf32>, %y: tensor<3x4xf32>) -> tensor<4xf32> {
  %last = pattern.scan (%t in 3) carry (%h = %x : tensor<4xf32>) -> tensor<4xf32> {
    pattern.memory sram %y[%t] bytes 12 live (-1, 0) : tensor<3x4xf32>
    pattern.next %h : tensor<4xf32>
  }
  func.return %last : tensor<4xf32>
}

// CHECK: a slice has one entry per dimension, got 1 for tensor<3x4xf32>

// -----

func.func @main(%x: tensor<3x4xf32>) -> tensor<3xf32> {
  %y = pattern.map (%i in 3) -> tensor<3xf32> {
    pattern.memory sram %x[%i, *] bytes 16 live (-1, 0) : tensor<3x4xf32>
    %v = pattern.read %x[%i, 0] : tensor<3x4xf32>
    pattern.yield %v : f32
  }
  func.return %y : tensor<3xf32>
}

// CHECK: a slice of %x is held by the body of a scan, at the index of this scan

// -----

%w = pattern.parameter "w" : tensor<4xf32>
"pattern.memory"(%w) <{kind = "sram", bytes = 16 : i64, live = array<i64: 0, 0>, duplicated}> : (tensor<4xf32>) -> ()

// CHECK: a vector or `duplicated` needs banked (N, B)
