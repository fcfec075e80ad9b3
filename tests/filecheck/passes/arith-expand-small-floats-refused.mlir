// RUN: not spatial-opt %s -p arith-expand-small-floats 2>&1 | filecheck %s

// CHECK: spatial-opt: error: arith-expand-small-floats: arith.addf computes with bf16 itself; extend its operands to f32 with arith.extf and bring the result back with arith.truncf

func.func @main(%x: bf16, %y: f32) -> (bf16, bf16) {
  %t = arith.truncf %y : f32 to bf16
  %s = arith.addf %x, %t : bf16
  func.return %s, %t : bf16, bf16
}
